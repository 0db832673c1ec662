import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import type { components } from '../generated/api.js';
import { Field } from '../ui/field.js';
import { announce } from '../ui/notice.js';
import { useSend } from '../ui/use-send.js';

type Profile = components['schemas']['Profile'];

const CHANNELS = ['sms', 'email'] as const;
const LANGUAGES = [
  ['en', 'English'],
  ['zh', '中文'],
] as const;

export const useProfile = (userId: string): Profile | undefined =>
  useQuery({
    queryKey: ['me', userId],
    queryFn: async ({ signal }) => (await ask(() => api.GET('/me', { signal }), { signal })).data,
    staleTime: Infinity,
  }).data;

/** How the person wants to be told: by which channels beside the inbox, and in which language. */
export const Preferences = ({ profile }: { profile: Profile }) => {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { send, isSending, problem } = useSend(async (form: FormData) => {
    const { data } = await ask(() => api.PATCH('/me', { body: preferencesOf(form) }));
    queries.setQueryData(['me', profile.id], data);
    announce(t('account.saved'));
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    send(new FormData(event.currentTarget));
  };
  return (
    <form className="card" onSubmit={submit}>
      <h2>{t('account.preferences')}</h2>
      <Field
        label={t('account.email')}
        name="email"
        type="email"
        autoComplete="email"
        defaultValue={profile.email}
        fault={problem?.faultOf('email')}
      />
      <fieldset className="choices">
        <legend>{t('account.channels')}</legend>
        {CHANNELS.map((channel) => (
          <label key={channel}>
            <input
              type="checkbox"
              name="channels"
              value={channel}
              defaultChecked={profile.channels.includes(channel)}
            />
            {t(`account.channel_${channel}`)}
          </label>
        ))}
      </fieldset>
      <fieldset className="choices">
        <legend>{t('account.language')}</legend>
        {LANGUAGES.map(([language, name]) => (
          <label key={language} lang={language}>
            <input type="radio" name="language" value={language} defaultChecked={profile.language === language} />
            {name}
          </label>
        ))}
      </fieldset>
      <button disabled={isSending}>{t('common.save')}</button>
    </form>
  );
};

const preferencesOf = (form: FormData) => ({
  email: String(form.get('email')).trim() || null,
  language: form.get('language') as Profile['language'],
  channels: ['inbox' as const, ...(form.getAll('channels') as Profile['channels'])],
});
