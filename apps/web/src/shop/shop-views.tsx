import { useTranslation } from 'react-i18next';

const ShopViews = () => {
  const { t } = useTranslation();
  return <h1>{t('shop.title')}</h1>;
};
export default ShopViews;
