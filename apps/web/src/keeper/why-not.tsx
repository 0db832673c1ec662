import { useTranslation } from 'react-i18next';
import type { Problem } from '../api/problem.js';

/** Why the API refused what a form sent; faults of single fields stand beside these. */
export const WhyNot = ({ problem }: { problem: Problem | undefined }) => {
  const { t } = useTranslation();
  if (!problem) return null;
  const faults = (problem.body['errors'] ?? []) as { path: string; message: string }[];
  const why = faults.map(({ path, message }) => `${path}: ${message}`).join('; ') || problem.message;
  return (
    <p className="fault" role="alert">
      {problem.status === 409 ? t('keeper.conflict') : t('common.failed', { why })}
    </p>
  );
};
