import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { SignedIn } from '../frame/signed-in.js';
import { day } from '../i18n/format.js';
import { Loading } from '../ui/loading.js';
import { View } from '../ui/view.js';
import { markRead, readBefore, useInbox } from './inbox.js';
import { placeOf, type Message } from './messages.js';

export const InboxView = () => {
  const { t } = useTranslation();
  return (
    <View title={t('inbox.title')} className="narrow">
      <SignedIn>{({ userId }) => <Messages key={userId} userId={userId} />}</SignedIn>
    </View>
  );
};

const Messages = ({ userId }: { userId: string }) => {
  const { t } = useTranslation();
  const messages = useInbox();
  const [before] = useState(() => readBefore(userId));
  const newest = messages?.[0]?.at;
  useEffect(() => {
    if (newest !== undefined) markRead(userId, newest);
  }, [userId, newest]);
  if (!messages) return <Loading />;
  if (messages.length === 0) return <p>{t('inbox.none')}</p>;
  return (
    <ol className="messages">
      {messages.map((message) => (
        <MessageItem key={message.id} {...message} isNew={message.at > before} />
      ))}
    </ol>
  );
};

const MessageItem = ({ at, text, about, isNew }: Message & { isNew: boolean }) => {
  const { t } = useTranslation();
  const place = placeOf({ about });
  return (
    <li className={`card message ${isNew ? 'new' : ''}`}>
      <p>
        {isNew && <span className="badge">{t('inbox.isNew')}</span>} {place ? <Link to={place}>{text}</Link> : text}
      </p>
      <time dateTime={at}>{day(at)}</time>
    </li>
  );
};
