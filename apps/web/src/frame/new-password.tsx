import { useTranslation } from 'react-i18next';
import type { Problem } from '../api/problem.js';
import { Field } from '../ui/field.js';

interface Props {
  label: string;
  /** Of the field, as the API calls it. */
  name: string;
  problem: Problem | undefined;
}

/** A password that is chosen now. */
export const NewPassword = ({ label, name, problem }: Props) => {
  const { t } = useTranslation();
  return (
    <Field
      label={label}
      hint={t('signIn.passwordHint')}
      name={name}
      type="password"
      autoComplete="new-password"
      minLength={8}
      required
      fault={problem?.faultOf(name)}
    />
  );
};
