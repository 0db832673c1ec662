import { useTranslation } from 'react-i18next';

/** Where the services stand: x, y of the middle. */
const PLACES = [
  ['pictureShop', 60, 120],
  ['pictureQueue', 205, 120],
  ['pictureStock', 360, 40],
  ['picturePayment', 360, 120],
  ['pictureDelivery', 360, 200],
] as const;

const STREAMS = ['M104 120h57', 'M249 120c30 0 30-80 67-80', 'M249 120h67', 'M249 120c30 0 30 80 67 80'];

/** The way of an order: from the shop through a queue to the services. */
export const River = () => {
  const { t } = useTranslation();
  return (
    <svg className="river" viewBox="0 0 420 240" role="img" aria-label={t('start.picture')}>
      {STREAMS.map((stream) => (
        <g key={stream}>
          <path className="bed" d={stream} />
          <path className="water" d={stream} />
        </g>
      ))}
      {PLACES.map(([name, x, y]) => (
        <g key={name} className={name} transform={`translate(${x} ${y})`}>
          <rect x="-46" y="-22" width="92" height="44" rx="13" />
          <text y="5">{t(`start.${name}`)}</text>
        </g>
      ))}
    </svg>
  );
};
