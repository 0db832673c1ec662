import { useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import { isProblem } from '../api/problem.js';
import { session, signedOut, signInNeeded, type Session } from '../api/session.js';
import { useStore } from '../api/store.js';
import { chooseLanguage, LANGUAGES } from '../i18n/i18n.js';
import { PersonIcon } from '../ui/icons.js';
import { chooseTheme, chosenTheme, THEMES, type Theme } from './theme.js';

const NAMES = { en: 'English', zh: '中文' };

/** The person, the theme and the language, in a popover of the browser. */
export const AccountMenu = () => {
  const { t } = useTranslation();
  const id = useId();
  const current = useStore(session);
  return (
    <>
      <button type="button" className="round" popoverTarget={id} aria-label={t('frame.account')}>
        <PersonIcon />
      </button>
      <div id={id} popover="auto" className="menu">
        {current ? <SignedIn current={current} menu={id} /> : <SignIn menu={id} />}
        <ThemeChoice />
        <LanguageChoice />
        <a href="/docs">{t('frame.docs')}</a>
      </div>
    </>
  );
};

const SignIn = ({ menu }: { menu: string }) => {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      className="primary"
      popoverTarget={menu}
      popoverTargetAction="hide"
      onClick={() => signInNeeded.set(true)}
    >
      {t('frame.signIn')}
    </button>
  );
};

const SignedIn = ({ current, menu }: { current: Session; menu: string }) => {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const leave = (): void => {
    const headers = { authorization: `Bearer ${current.token}` };
    // Asked until it is done; a token that is refused is void already.
    void ask(() => api.DELETE('/sessions/current', { headers }), { signIn: false }).catch(unlessProblem);
    signedOut();
    queries.clear();
  };
  const close = (): void => document.getElementById(menu)?.hidePopover();
  return (
    <>
      <p>{t('frame.signedInAs', { who: current.phone })}</p>
      <Link to="/shop/account" onClick={close}>
        {t('frame.account')}
      </Link>
      <button type="button" onClick={leave}>
        {t('frame.signOut')}
      </button>
    </>
  );
};

function unlessProblem(error: unknown): void {
  if (!isProblem(error)) throw error;
}

const ThemeChoice = () => {
  const { t } = useTranslation();
  const [theme, setTheme] = useState<Theme>(chosenTheme);
  const choose = (next: Theme): void => {
    chooseTheme(next);
    setTheme(next);
  };
  return (
    <fieldset>
      <legend>{t('frame.theme')}</legend>
      {THEMES.map((one) => (
        <label key={one}>
          <input type="radio" name="theme" checked={theme === one} onChange={() => choose(one)} />
          {t(`frame.theme_${one}`)}
        </label>
      ))}
    </fieldset>
  );
};

const LanguageChoice = () => {
  const { t, i18n } = useTranslation();
  return (
    <fieldset>
      <legend>{t('frame.language')}</legend>
      {LANGUAGES.map((language) => (
        <label key={language} lang={language}>
          <input
            type="radio"
            name="language"
            checked={i18n.language === language}
            onChange={() => chooseLanguage(language)}
          />
          {NAMES[language]}
        </label>
      ))}
    </fieldset>
  );
};
