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
// | sync-badge        | how the page keeps time; opens the preferences: sync-figure, nudge, read-aloud, shortcuts; preferences-open in the account menu |
// | notice            | the recording notice; notice-dismiss closes it |
// | player            | data-play-id, data-playing, data-position-ms, data-sync-ms |
// | tap-to-listen     | the one button when the browser refuses to autoplay |
// | woot, meh, grab   | vote buttons with aria-pressed; woot-count, meh-count, grab-count |
// | waitlist          | the ordered list; waitlist-join, waitlist-leave |
// | booth-leave, skip | the DJ's and the staff's buttons under the stage; skip-confirm in its dialog |
// | chat-log, chat-input, chat-send, chat-error | the chat; message-answer, message-about, message-delete on the message that is pointed at |
// | chat-answering, chat-emoji, emoji-picker, chat-completion | what is answered; the emoji; names to complete |
// | user-list, user-name | who is here; the own name in the header |
// | room-list, room-create, enter-busiest | the lobby |
// | sign-in           | opens the dialog; tab-login, tab-register, tab-guest choose its form |
// | login-form: login-name, login-password, login-submit | |
// | register-form: register-name, register-password, register-year, register-month, register-day, register-accept, register-submit | |
// | guest-form: guest-name, guest-submit | |
// | form-error        | why a form was refused |
// | playlist-open     | opens the drawer; playlist-name, playlist-create, playlist-items |
// | playlist-add-url, playlist-add-title, playlist-add-duration, playlist-add-submit, playlist-add-state | adding by URL |
// | playlist-add-many | several pasted links; playlist-add-many-submit |
// | playlist-activate, playlist-rename (playlist-new-name), playlist-delete (playlist-delete-confirm), playlist-export, playlist-search | the shown playlist |
// | select-all, selection-top, selection-bottom, selection-remove | what is done with chosen tracks; track-handle drags, track-edit opens edit-form: edit-title, edit-artist, edit-start, edit-end, edit-save |
// | import-open, import-file | a playlist file; import-panel (data-phase: ask, running, stopped, done): import-here, import-start, import-stopped, import-skip, import-result |
// | settings-open, settings-save | the room's settings for cohosts and up; sections settings-texts, -entrance, -chat, -queue, -media, -voteskip, -owner; a rule's field is settings-<its name on the wire>, and settings-fallback is what plays when nobody DJs |
// | owner-heir, owner-transfer, owner-slug, owner-delete | handing over and deleting the room |
// | user-card, user-role | who somebody is; user-mention, user-queue, user-role-set, user-mute, user-kick, user-ban, user-waitlist_ban, user-delete |
// | measure-form      | a measure before it is taken: measure-reason, measure-shadow, measure-consequence, measure-confirm |
// | staff-open        | the staff's lists: staff-mute, staff-ban, staff-waitlist_ban, staff-log, staff-blocked; sanction-list, sanction-undo, mod-log, block-list, unblock |
// | history-open      | what was played: history-room, history-own, history-list, history-add |
// | up-next, take-turn   | who comes next, beside the booth; the newcomer's button |
// | account-menu, sign-out, sign-out-everywhere | the own name in the header and what it opens |
// | own-place, waitlist-eta, waitlist-handle | the own place, the time to each turn, and what reorders |
// | vote-skip         | the vote to skip, with aria-pressed; vote-skip-count |
// | skip-place-none, skip-place-next, skip-place-end, skip-block | in the skip dialog |
// | booth-last        | leave after this play |
// | member-line       | what staff did, in the chat |
// | closed-page       | data-reason: kicked, banned, deleted, archived; reenter. take-over: a room that lost its host |
// | user-ignore       | on the user card; hidden-messages: what ignored users said, folded |
// | profile-open      | the own profile: profile-form with profile-name, -picture, -bio, -email, -country, -save; password-form with password-current, -new, -save; a field's refusal is <its name>-problem |
// | bots-open         | the own bots: bot-list, bot-revoke, bot-revoke-confirm; bot-form with bot-name, bot-scope-<scope>, bot-create; then bot-token, bot-copy, bot-done |
// | privacy-open      | the own data: privacy-kept, privacy-choices, privacy-data, privacy-erase choose the part; kept-list, choice-improvement, choice-marketing, self-ttl-<span>, policy-accept, policy-later, policy-banner, export-ask, export-fetch, request-list, erase-name, erase-password, erase-confirm |
// | frozen-door, frozen-page, erased-page | what is left of the page then; in the second proof-file, proof-send, proof-came |
// | user-report-age, report-confirm | on the user card |
// | ignored-open      | whom one ignores: ignored-list, ignored-undo |
// | favorite, favorite-list, room-search | the lobby's stars and search |

export const T = {
  roomTitle: "room-title",
  nowPlaying: "now-playing",
  djName: "dj-name",
  timeLeft: "time-left",
  population: "population",
  connectionState: "connection-state",
  syncBadge: "sync-badge",
  syncFigure: "sync-figure",
  nudge: "nudge",
  shortcuts: "shortcuts",
  readAloud: "read-aloud",
  profileOpen: "profile-open",
  profileForm: "profile-form",
  profileName: "profile-name",
  profilePicture: "profile-picture",
  profileBio: "profile-bio",
  profileEmail: "profile-email",
  profileCountry: "profile-country",
  profileSave: "profile-save",
  passwordForm: "password-form",
  passwordCurrent: "password-current",
  passwordNew: "password-new",
  passwordSave: "password-save",
  botsOpen: "bots-open",
  botList: "bot-list",
  botRevoke: "bot-revoke",
  botRevokeConfirm: "bot-revoke-confirm",
  botForm: "bot-form",
  botName: "bot-name",
  botCreate: "bot-create",
  botToken: "bot-token",
  botCopy: "bot-copy",
  botDone: "bot-done",
  preferencesOpen: "preferences-open",
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
  chatAnswering: "chat-answering",
  chatCompletion: "chat-completion",
  chatEmoji: "chat-emoji",
  emojiPicker: "emoji-picker",
  messageAnswer: "message-answer",
  messageAbout: "message-about",
  messageDelete: "message-delete",
  userList: "user-list",
  userName: "user-name",
  roomList: "room-list",
  enterBusiest: "enter-busiest",
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
  settingsFallback: "settings-fallback",
  userCard: "user-card",
  userRole: "user-role",
  userMention: "user-mention",
  userQueue: "user-queue",
  userIgnore: "user-ignore",
  hiddenMessages: "hidden-messages",
  privacyOpen: "privacy-open",
  keptList: "kept-list",
  policyBanner: "policy-banner",
  policyAccept: "policy-accept",
  policyLater: "policy-later",
  exportAsk: "export-ask",
  exportFetch: "export-fetch",
  frozenDoor: "frozen-door",
  requestList: "request-list",
  eraseName: "erase-name",
  erasePassword: "erase-password",
  eraseConfirm: "erase-confirm",
  frozenPage: "frozen-page",
  proofFile: "proof-file",
  proofSend: "proof-send",
  proofCame: "proof-came",
  takeOver: "take-over",
  erasedPage: "erased-page",
  reportAge: "user-report-age",
  reportConfirm: "report-confirm",
  ignoredOpen: "ignored-open",
  ignoredList: "ignored-list",
  ignoredUndo: "ignored-undo",
  measureForm: "measure-form",
  measureShadow: "measure-shadow",
  measureReason: "measure-reason",
  measureConsequence: "measure-consequence",
  measureConfirm: "measure-confirm",
  sanctionList: "sanction-list",
  sanctionUndo: "sanction-undo",
  modLog: "mod-log",
  staffOpen: "staff-open",
  blockList: "block-list",
  unblock: "unblock",
  ownerHeir: "owner-heir",
  ownerTransfer: "owner-transfer",
  ownerSlug: "owner-slug",
  ownerDelete: "owner-delete",
  historyOpen: "history-open",
  historyList: "history-list",
  historyAdd: "history-add",
  ownPlace: "own-place",
  upNext: "up-next",
  takeTurn: "take-turn",
  accountMenu: "account-menu",
  signOut: "sign-out",
  signOutEverywhere: "sign-out-everywhere",
  waitlistHandle: "waitlist-handle",
  waitlistEta: "waitlist-eta",
  skipBlock: "skip-block",
  voteSkip: "vote-skip",
  voteSkipCount: "vote-skip-count",
  boothLast: "booth-last",
  memberLine: "member-line",
  closedPage: "closed-page",
  reenter: "reenter",
  favorite: "favorite",
  favoriteList: "favorite-list",
  roomSearch: "room-search",
  playlistActivate: "playlist-activate",
  playlistRename: "playlist-rename",
  playlistNewName: "playlist-new-name",
  playlistDelete: "playlist-delete",
  playlistDeleteConfirm: "playlist-delete-confirm",
  playlistExport: "playlist-export",
  playlistSearch: "playlist-search",
  selectAll: "select-all",
  selectionTop: "selection-top",
  selectionBottom: "selection-bottom",
  selectionRemove: "selection-remove",
  trackHandle: "track-handle",
  trackEdit: "track-edit",
  editForm: "edit-form",
  editSave: "edit-save",
  addMany: "playlist-add-many",
  addManySubmit: "playlist-add-many-submit",
  importOpen: "import-open",
  importFile: "import-file",
  importPanel: "import-panel",
  importHere: "import-here",
  importStart: "import-start",
  importStopped: "import-stopped",
  importSkip: "import-skip",
  importResult: "import-result",
} as const;
