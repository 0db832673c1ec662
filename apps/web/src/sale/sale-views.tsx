import { useTranslation } from 'react-i18next';

const SaleViews = () => {
  const { t } = useTranslation();
  return <h1>{t('sale.title')}</h1>;
};
export default SaleViews;
