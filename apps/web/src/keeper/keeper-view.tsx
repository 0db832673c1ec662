import { useTranslation } from 'react-i18next';

const KeeperView = () => {
  const { t } = useTranslation();
  return <h1>{t('keeper.title')}</h1>;
};
export default KeeperView;
