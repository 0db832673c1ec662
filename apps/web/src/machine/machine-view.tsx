import { useTranslation } from 'react-i18next';

/** The control room: loaded when somebody opens it. */
const MachineView = () => {
  const { t } = useTranslation();
  return (
    <section>
      <h1>{t('machine.title')}</h1>
    </section>
  );
};
export default MachineView;
