import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { View } from '../ui/view.js';

export const NotFound = () => {
  const { t } = useTranslation();
  return (
    <View title={t('notFound.title')} lead={t('notFound.text')} className="narrow">
      <p>
        <Link to="/">{t('notFound.home')}</Link>
      </p>
    </View>
  );
};
