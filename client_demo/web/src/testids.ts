// Hooks for end-to-end tests: stable names for what a person would point at.
//
// | id | what it is |
// |---|---|
// | room-title        | the room's name in the header |
// | now-playing       | title (and artist) of the play on air |
// | dj-name           | who plays it |
// | time-left         | time left of the play |
// | population        | how many are in the room |
// | connection-state  | data-state: connecting, online, reconnecting, draining, stopped |
// | notice            | the recording notice; notice-dismiss closes it |
// | player            | data-play-id, data-playing, data-position-ms, data-sync-ms |
// | tap-to-listen     | the one button when the browser refuses to autoplay |
// | woot, meh, grab   | vote buttons with aria-pressed; woot-count, meh-count, grab-count |
// | waitlist          | the ordered list; waitlist-join, waitlist-leave |
// | booth-leave, skip | the DJ's and the staff's buttons under the stage; skip-confirm in its dialog |
// | chat-log, chat-input, chat-send, chat-error | the chat |
// | user-list, user-name | who is here; the own name in the header |
// | room-list, room-create | the lobby |
// | sign-in           | opens the dialog; tab-login, tab-register, tab-guest choose its form |
// | login-form: login-name, login-password, login-submit | |
// | register-form: register-name, register-password, register-year, register-month, register-day, register-accept, register-submit | |
// | guest-form: guest-name, guest-submit | |
// | form-error        | why a form was refused |
// | playlist-open     | opens the drawer; playlist-name, playlist-create, playlist-items |
// | playlist-add-url, playlist-add-title, playlist-add-duration, playlist-add-submit, playlist-add-state | adding by URL |
// | settings-open, settings-save | the room's settings for cohosts and up |

export const T = {
  roomTitle: "room-title",
  nowPlaying: "now-playing",
  djName: "dj-name",
  timeLeft: "time-left",
  population: "population",
  connectionState: "connection-state",
  notice: "notice",
  noticeDismiss: "notice-dismiss",
  player: "player",
  tapToListen: "tap-to-listen",
  woot: "woot",
  meh: "meh",
  grab: "grab",
  waitlist: "waitlist",
  waitlistJoin: "waitlist-join",
  waitlistLeave: "waitlist-leave",
  boothLeave: "booth-leave",
  skip: "skip",
  skipConfirm: "skip-confirm",
  chatLog: "chat-log",
  chatInput: "chat-input",
  chatSend: "chat-send",
  chatError: "chat-error",
  userList: "user-list",
  userName: "user-name",
  roomList: "room-list",
  roomCreate: "room-create",
  signIn: "sign-in",
  loginForm: "login-form",
  registerForm: "register-form",
  guestForm: "guest-form",
  formError: "form-error",
  playlistOpen: "playlist-open",
  playlistName: "playlist-name",
  playlistCreate: "playlist-create",
  playlistItems: "playlist-items",
  addUrl: "playlist-add-url",
  addTitle: "playlist-add-title",
  addDuration: "playlist-add-duration",
  addSubmit: "playlist-add-submit",
  addState: "playlist-add-state",
  settingsOpen: "settings-open",
  settingsSave: "settings-save",
} as const;
