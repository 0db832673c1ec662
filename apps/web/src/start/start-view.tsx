import { useTranslation } from 'react-i18next';

export const StartView = () => {
  const { t } = useTranslation();
  return <h1>{t('start.title')}</h1>;
};
