import { useTranslation } from 'react-i18next';
import { kept } from '../api/kept.js';
import type { Problem } from '../api/problem.js';
import { Field } from '../ui/field.js';
import type { Address } from './cart.js';

const NOWHERE: Address = { name: '', street: '', city: '', postcode: '', country: '' };

/** The address that was typed last, so that nobody types it twice. */
export const keptAddress = kept('address', NOWHERE);

const AUTOCOMPLETE = {
  name: 'name',
  street: 'street-address',
  postcode: 'postal-code',
  city: 'address-level2',
  country: 'country',
} as const;
const NAMES = Object.keys(AUTOCOMPLETE) as (keyof Address)[];

interface Props {
  legend: string;
  address: Address;
  onChange: (address: Address) => void;
  problem?: Problem | undefined;
}

export const AddressFields = ({ legend, address, onChange, problem }: Props) => {
  const { t } = useTranslation();
  return (
    <fieldset className="address">
      <legend>{legend}</legend>
      {NAMES.map((name) => (
        <Field
          key={name}
          className={name}
          label={t(`cart.${name}`)}
          autoComplete={AUTOCOMPLETE[name]}
          required
          value={address[name]}
          onChange={({ target }) => onChange({ ...address, [name]: target.value })}
          fault={problem?.faultOf(`address.${name}`)}
          {...(name === 'country' && { pattern: '[A-Za-z]{2}', maxLength: 2, hint: t('cart.countryHint') })}
        />
      ))}
    </fieldset>
  );
};
