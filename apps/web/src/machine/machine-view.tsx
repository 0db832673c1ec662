import { NavLink, Route, Routes } from 'react-router';
import { signInNeeded, signedOut } from '../api/session.js';
import { NotFound } from '../frame/not-found.js';
import { SignedIn } from '../frame/signed-in.js';
import { View } from '../ui/view.js';
import { Detail } from './detail.js';
import { FactsView } from './facts-view.js';
import { useFollowing } from './feed.js';
import { FiguresView } from './figures-view.js';
import { LettersView } from './letters-view.js';
import { Picture } from './picture.js';
import { Summary } from './summary.js';
import { Switchboard, SwitchTab } from './switchboard.js';
import { useWords } from './words.js';
import './machine.css';

/** The control room: loaded when somebody opens it. */
const MachineView = () => {
  const words = useWords();
  return (
    <View title={words.title} lead={words.lead} className="machine">
      <SignedIn>{({ role }) => (role === 'admin' ? <ControlRoom /> : <OnlyAdmins />)}</SignedIn>
    </View>
  );
};
export default MachineView;

const ControlRoom = () => {
  const words = useWords();
  useFollowing();
  return (
    <>
      <Summary />
      <nav className="tabs" aria-label={words.tabs.label}>
        <NavLink to="/machine" end>
          {words.tabs.picture}
        </NavLink>
        <NavLink to="/machine/figures">{words.tabs.figures}</NavLink>
        <NavLink to="/machine/letters">{words.tabs.letters}</NavLink>
        <NavLink to="/machine/facts">{words.tabs.facts}</NavLink>
        <SwitchTab />
      </nav>
      <Routes>
        <Route index element={<PictureView />} />
        <Route path="figures" element={<FiguresView />} />
        <Route path="letters" element={<LettersView />} />
        <Route path="facts" element={<FactsView />} />
        <Route path="switches" element={<Switchboard />} />
        <Route path="*" element={<NotFound />} />
      </Routes>
    </>
  );
};

const PictureView = () => (
  <>
    <Detail />
    <Picture />
  </>
);

const OnlyAdmins = () => {
  const words = useWords();
  const change = (): void => {
    signedOut();
    signInNeeded.set(true);
  };
  return (
    <div className="card">
      <p>{words.only}</p>
      <button type="button" className="primary" onClick={change}>
        {words.switchUser}
      </button>
    </div>
  );
};
