// Every word the page shows, in English. A translation is another object of this type.
import {
  formatBytes,
  formatBytesOf,
  formatDate,
  formatDuration,
  formatNumber,
  formatParameters,
  formatRate,
  formatSeconds,
  formatTimeLeft,
} from './format.ts';

/** How each stage of loading is called, what it does, and what closing the page would cost. */
type StageWords = { name: string; doing: string; onClose: string };

const KEPT = 'You can close this page: what has arrived is kept, and loading goes on from there next time.';
const STORED = 'The model is stored on this device. Closing the page loses nothing.';

export const en = {
  title: 'Daylight – a language model in your own browser',
  description:
    'Daylight runs a large language model inside your own browser. No server, no account: nothing you write leaves your device.',
  name: 'Daylight',
  skip: 'Skip to the conversation',
  skipToModels: 'Skip to the models',
  close: 'Close',
  noScript: 'Daylight computes inside this page, so it needs JavaScript.',

  pages: {
    label: 'Pages',
    chat: 'Chat',
    models: 'Models',
    modelsTitle: 'Models – Daylight',
    modelsDescription: 'The models that run in this browser: what each is good at, what it needs, and its licence.',
  },

  welcome: {
    heading: 'A language model that lives in your browser.',
    lead: 'It runs on your own graphics card, inside this page. Nothing you write leaves this device: there is no server and no account.',
    pick: 'Choose a model to begin',
  },

  embedded: {
    name: 'SmolLM2-135M-Instruct',
    facts: (bytes: number) => `${formatBytes(bytes)} · from this site · Apache-2.0`,
    about:
      'A very small model by Hugging Face: quick on most devices, and good for trying this out. It makes mistakes and mostly knows English, so check what it says.',
    load: 'Load and chat',
    loadFacts: (bytes: number) => `Downloads ${formatBytes(bytes)} once and keeps it on this device.`,
    loadPartFacts: (bytes: number) => `${formatBytes(bytes)} are already here; the rest is downloaded once.`,
    loadStoredFacts: 'Already on this device: nothing is downloaded.',
  },

  own: {
    heading: 'Use another model',
    about:
      'Any model of the Llama family in a GGUF file: Llama, Mistral, SOLAR, TinyLlama, SmolLM2 and others. It is stored in this browser, and a large one needs a good graphics card.',
    file: 'Open a file…',
    fileHint: 'or drop it anywhere on this page. For a split model, choose all its parts.',
    url: 'Address of a GGUF file',
    urlPlaceholder: 'https://…/model.gguf',
    load: 'Load',
    badUrl: 'This is not an address that starts with https:// and names one file.',
    notGguf: 'Only GGUF files can be opened.',
    drop: 'Drop the GGUF file to load it',
  },

  stored: {
    heading: 'On this device',
    facts: (bytes: number, parameters: number) =>
      parameters > 0 ? `${formatBytes(bytes)} · ${formatParameters(parameters)} parameters` : formatBytes(bytes),
    unfinished: (bytes: number) => `Not complete yet: ${formatBytes(bytes)} stored. Open its source again to go on.`,
    load: 'Load',
    loadName: (name: string) => `Load ${name}`,
    loaded: 'In use',
    remove: 'Delete',
    removeName: (name: string) => `Delete ${name}`,
    confirmHeading: (name: string) => `Delete ${name}?`,
    confirm: (bytes: number) =>
      `This frees ${formatBytes(bytes)}. To use the model again it has to be loaded from its source again. Your conversations stay.`,
    keep: 'Keep it',
  },

  models: {
    heading: 'Models',
    none: 'No model loaded',
    loading: (name: string) => `Loading ${name}`,
    open: 'Choose a model',
    software:
      'This browser has no access to a graphics card and computes on the processor instead. Answers are right, but slow.',
  },

  catalog: {
    heading: 'Models that run in your browser',
    lead: 'Each is downloaded once, kept on this device, and then works without a network.',
    reading: 'Reading the list of models…',
    parameters: (count: number) => `${formatParameters(count)} parameters`,
    homepage: 'About this model',
    goodAt: 'Good at',
    limits: 'Know before you rely on it',
    sizes: 'Size',
    badges: { included: 'Included', recommended: 'Recommended', fastest: 'Fastest', precise: 'Most precise' },
    size: formatBytes,
    sizeHint: 'A larger file answers a little more precisely, and needs more room and a faster card.',
    licence: 'Licence',
    nonCommercial: 'Non-commercial use only',
    commercial: 'Commercial use allowed',
    languages: 'Languages',
    memory: 'Graphics memory',
    memoryAt: (bytes: number, tokens: number) => `${formatBytes(bytes)} with ${formatNumber(tokens)} tokens of context`,
    willItWork: 'Will it work here?',
    get: (name: string) => `Get ${name}`,
    goOn: (percent: number) => `Go on from ${percent} %`,
    load: 'Load and chat',
    loadName: (name: string, size: string) => `Load ${name} ${size}`,
    check: 'Check this device',
    checkAgain: 'Check again',
    checking: 'Checking this device…',
    checkingNote: 'Trying whether it fits on the graphics card, and how fast it would come.',
    busy: (name: string) => `${name} is being downloaded first.`,
    own: 'Your own model',
    small: 'SOLAR is a much larger model, with better answers. It needs a good graphics card.',
    all: 'See all models',
  },

  getting: {
    heading: (name: string) => `Get ${name}`,
    download: 'Download',
    time: 'Time',
    room: 'Disk',
    free: (bytes: number) => `${formatBytes(bytes)} left for this page afterwards`,
    freeUnknown: 'The browser does not say how much room there is',
    at: (seconds: number, bytesPerSecond: number) => `${formatDuration(seconds)} at your ${formatRate(bytesPerSecond)}`,
    timeUnknown: 'Not known before it begins',
    timeMetered: 'Not measured, to spare your metered connection',
    size: (bytes: number, parts: string) => `${formatBytes(bytes)} (${parts})`,
    rest: (bytes: number) => `${formatBytes(bytes)} more; the rest is already here`,
    meanwhile: (name: string) => `While it downloads, ${name} answers. You can pause at any time, or close the page.`,
    meanwhileLoad: (name: string) =>
      `While it downloads, ${name} is loaded to answer. You can pause at any time, or close the page.`,
    start: (bytes: number) => `Download ${formatBytes(bytes)}`,
    no: 'Not now',
    use: (name: string) => `Use ${name} instead`,
    cautions: {
      metered: 'This connection seems to be metered or asked to be sparing: this download may cost money.',
      slow: 'This will take long. It can be paused, and goes on where it stopped.',
      'storage-unknown':
        'The browser does not tell how much room the disk really has. If it runs full, nothing that is stored is lost.',
    },
  },

  verdict: {
    yes: 'Yes, it works here',
    yesTried: 'The graphics card had room for it when it was tried just now.',
    yesLight: 'A model of this size runs wherever the browser has WebGPU.',
    context: 'Yes, with a shorter memory',
    contextText: (tokens: number, full: number) =>
      `The graphics card has room for ${formatNumber(tokens)} tokens of conversation instead of ${formatNumber(full)}: about ${formatNumber(Math.round((tokens * 0.75) / 100) * 100)} words.`,
    processor: 'Yes, on the processor',
    processorText: 'Without a graphics card the processor computes it: the answers are as good, and come more slowly.',
    unchecked: 'Probably, but not checked yet',
    uncheckedText:
      'The check takes a few seconds. It borrows the memory the model needs from the graphics card, and gives it back.',
    no: 'No, not on this device',
    noNow: 'No, not as things are',
    because: {
      'no-gpu': () => 'This browser gives the page no graphics card.',
      handheld: (needed: number) =>
        `It needs ${formatBytes(needed)} of memory at once. Phones and tablets end a page that takes so much, without a word.`,
      software: () =>
        'This browser has no access to a graphics card and computes on the processor: far too slow for a model of this size.',
      memory: (needed: number, available: number) =>
        `It needs ${formatBytes(needed)} of memory, and this device has about ${formatBytes(available)}.`,
      'private-window': (needed: number, available: number) =>
        `It needs ${formatBytes(needed)} on the disk, and the browser keeps only ${formatBytes(available)} for this page. That is usual in a private window, or when the disk is nearly full.`,
      storage: (needed: number, available: number) =>
        `It needs ${formatBytes(needed)} on the disk, and the browser has ${formatBytes(available)} left for this page.`,
      'gpu-buffer': (needed: number, available: number) =>
        `It needs pieces of ${formatBytes(needed)} on the graphics card, and this browser allows ${formatBytes(available)}.`,
      'gpu-memory': (needed: number, available: number) =>
        `Even with a short memory it needs ${formatBytes(needed)} on the graphics card. When it was tried, ${formatBytes(available)} could be had.`,
    },
    doThis: {
      'turn-on-gpu':
        'Switch on graphics acceleration in the browser’s settings, under System, or use a device with a graphics card.',
      'other-device': 'Open this page on a computer with a good graphics card.',
      'other-browser': 'Try a current Chrome or Edge on this device.',
      'leave-private': 'Open this page in a normal window, or free some space on the disk.',
      'free-space': 'Free some space on the disk, or delete a stored model.',
      'close-programs': 'Close other programs and tabs that use the graphics card, and check again.',
    },
    instead: (name: string) => `${name} works here.`,
  },

  downloads: {
    label: (name: string) => `Download of ${name}`,
    running: 'Downloading',
    starting: 'Starting',
    waiting: 'Another tab of this page is getting it. Nothing is downloaded twice.',
    paused: 'Paused',
    quiet: 'Nothing is coming at the moment. As soon as the network is back, it goes on by itself.',
    here: (percent: number) => `${percent} % are here`,
    safe: 'Go on chatting, or close the page: what has arrived is kept.',
    ready: (name: string) => `${name} is ready.`,
    readyNote: 'Your conversation stays.',
    switch: 'Switch to it',
    later: 'Later',
    pause: 'Pause the download',
    resume: 'Go on',
    cancel: 'Give up the download',
    cancelHeading: (name: string) => `Give up ${name}?`,
    cancelText: (bytes: number) =>
      `The ${formatBytes(bytes)} that have arrived are deleted. To keep them and go on another day, pause instead.`,
    cancelYes: 'Delete them',
    cancelNo: 'Keep them',
    spoken: (percent: number) => `${percent} percent downloaded`,
  },

  storeroom: {
    heading: 'Stored on this device',
    none: 'No model is stored yet.',
    look: 'Show what is stored',
    room: (used: number, free: number) =>
      `The browser holds ${formatBytes(used)} for this page and has about ${formatBytes(free)} more for it.`,
    persisted: 'It promised not to delete them by itself.',
    notPersisted: 'It may delete them when the disk runs full.',
    complete: (bytes: number) => formatBytes(bytes),
    part: formatBytesOf,
    storedOn: (date: number) => `stored ${formatDate(date)}`,
    verifiedOn: (date: number) => `checked ${formatDate(date)}`,
    unreadable: 'A record that cannot be read any more',
    verify: 'Check',
    verifyName: (name: string) => `Check ${name}`,
    verifying: 'Checking every byte…',
    deleting: 'Deleting…',
    exporting: (percent: number) => `Copying to the folder… ${percent}%`,
    importing: (percent: number) => `Copying from the folder and checking every byte… ${percent}%`,
    stop: 'Stop',
    export: 'Copy to a folder',
    exportName: (name: string) => `Copy ${name} to a folder`,
    exported: (name: string, folder: string, bytes: number) =>
      `${name} is in the folder “${folder}” now (${formatBytes(bytes)}). Take it to another browser and bring it in there.`,
    import: 'Bring in a folder',
    importHint:
      'A model that was copied to a folder, on a memory stick or by somebody else, comes in without a download.',
    imported: (name: string) => `${name} is stored on this device now, and every byte of it is checked.`,
    noExport: 'This browser cannot copy a model to a folder; Chrome and Edge on a computer can.',
    goOn: 'Go on',
    goOnName: (name: string) => `Go on with ${name}`,
    reopen: 'Open its file again to go on.',
    deleteAll: 'Delete all models',
    deleteAllHeading: 'Delete all stored models?',
    deleteAllText: (bytes: number) =>
      `This frees ${formatBytes(bytes)}. To use a model again it has to be downloaded again. Your conversations stay.`,
    intact: (name: string, bytes: number) => `${name} is intact: all ${formatBytes(bytes)} were read and compared.`,
    damaged: (name: string) => `${name} is damaged, and nothing else is affected. The damaged pieces were taken away.`,
    repair: 'Fetch the damaged pieces',
    repairByHand: 'Open its file, or the folder it came in, once more: only the damaged pieces are read.',
    repairing: (percent: number) => `Fetching the damaged pieces… ${percent}%`,
    repaired: (name: string) => `${name} is whole again.`,
    freed: (before: number, after: number) =>
      `Deleted. The browser held ${formatBytes(before)} for this page, and holds ${formatBytes(after)} now.`,
  },

  loading: {
    heading: (name: string) => `Loading ${name}`,
    stages: {
      waiting: { name: 'Another tab', doing: 'Another tab is getting this model', onClose: KEPT },
      network: { name: 'Download', doing: 'Downloading', onClose: KEPT },
      disk: { name: 'Store on this device', doing: 'Storing on this device', onClose: KEPT },
      upload: { name: 'Copy to the graphics card', doing: 'Copying to the graphics card', onClose: STORED },
      compile: { name: 'Prepare the graphics card', doing: 'Preparing the graphics card', onClose: STORED },
      check: { name: 'Check that it computes right', doing: 'Checking that it computes right', onClose: STORED },
      'first-token': { name: 'First word', doing: 'Waiting for the first word', onClose: STORED },
    } satisfies Record<string, StageWords>,
    readName: 'Read the file',
    readDoing: 'Reading the file',
    starting: 'Starting',
    bytes: formatBytesOf,
    rate: formatRate,
    left: (seconds: number) => `${formatTimeLeft(seconds)} left`,
    steps: 'Steps',
    stepDone: 'done',
    stepNow: 'now',
    stepNext: 'not yet',
    cancel: 'Cancel',
    spoken: (doing: string, percent: number | null) => (percent === null ? doing : `${doing}, ${percent} percent`),
    ready: (name: string) => `${name} is ready.`,
    queued: 'Your message will be sent as soon as the model is ready.',
    dontSend: 'Do not send it yet',
  },

  update: {
    waits: 'A newer version of this page is ready. Stored models and conversations stay.',
    take: 'Reload',
  },

  chats: {
    heading: 'Conversations',
    start: 'New chat',
    none: 'Conversations you have are kept here, in this browser only.',
    untitled: 'Untitled',
    remove: (title: string) => `Delete “${title}”`,
    removed: (title: string) => `“${title}” was deleted.`,
    undo: 'Undo',
    menu: 'Conversations',
    notKept: 'This browser does not let the page keep anything, so conversations end when you close it.',
    notSaved: 'The last change could not be saved on this device.',
  },

  ready: {
    heading: 'Ask it something.',
    small: 'This is a very small model. Short, plain questions work best.',
    context: (tokens: number) =>
      `It can keep about ${formatNumber(Math.round((tokens * 0.75) / 100) * 100)} words in mind at a time.`,
    suggestions: [
      'Explain in two sentences why the sky is blue.',
      'Write a short poem about the first light of the day.',
      'Give me three ideas for a rainy afternoon.',
    ],
    suggestionsLabel: 'Ideas for a first question',
  },

  message: {
    you: 'You said',
    answer: (model: string) => `${model || 'The model'} answered`,
    thinking: 'Reading your message…',
    copy: 'Copy answer',
    copied: 'Copied',
    copyFailed: 'The browser did not allow copying.',
    copyCode: 'Copy code',
    code: (language: string) => (language === '' ? 'Code' : `Code, ${language}`),
    table: 'Table',
    regenerate: 'Answer again',
    states: {
      streaming: '',
      done: '',
      stopped: 'You stopped this answer.',
      cut: 'This answer reached its length limit. You can ask the model to go on.',
      failed: 'This answer could not be finished.',
      interrupted: 'The page was closed while this answer was being written.',
    },
    speed: (tokensPerSecond: number) => `${formatNumber(tokensPerSecond)} tokens/s`,
    decode: 'Writing',
    prefill: 'Reading',
    firstToken: 'First word after',
    seconds: formatSeconds,
    length: (tokens: number) => `${formatNumber(tokens)} ${tokens === 1 ? 'token' : 'tokens'}`,
    stats: 'Speed of this answer',
    finished: (text: string) => `Answer finished: ${text}`,
    stopped: 'Answer stopped.',
  },

  composer: {
    label: 'Your message',
    placeholder: 'Write a message',
    placeholderWaiting: 'Write while it loads',
    send: 'Send',
    stop: 'Stop the answer',
    hint: 'Enter sends, Shift and Enter begins a new line, Escape stops the answer.',
    toEnd: 'To the end',
    disclaimer: 'Answers can be wrong. Everything stays on this device.',
  },

  attachments: {
    attach: 'Attach files',
    drop: 'Drop files to attach them to your message',
    dropBoth: 'Drop files to attach them, or a GGUF model to load it',
    label: 'Attached files',
    reading: (name: string) => `Reading ${name}`,
    page: (page: number, pages: number) => `Page ${formatNumber(page)} of ${formatNumber(pages)}`,
    cancel: (name: string) => `Stop reading ${name}`,
    remove: (name: string) => `Remove ${name}`,
    retry: (name: string) => `Try to read ${name} again`,
    open: (name: string) => `Show the text of ${name}`,
    pages: (count: number) => `${formatNumber(count)} ${count === 1 ? 'page' : 'pages'}`,
    characters: (count: number) => `${formatNumber(count)} ${count === 1 ? 'character' : 'characters'}`,
    read: (name: string) => `${name} is attached.`,
    failed: (name: string) => `${name} could not be read.`,
    waiting: 'The files are still being read.',
    pageHeading: (page: number) => `Page ${formatNumber(page)}`,
    textNote: 'This is the text that the model is given.',
    textGone: 'The text of this file is no longer stored here.',
    pagesWithoutText: (pages: string) => `Without text, so the model does not see them: pages ${pages}.`,
    pagesDamaged: (pages: string) => `Damaged, so the model does not see them: pages ${pages}.`,
    encoding: (encoding: string) => `The file does not say how its letters are written; ${encoding} was assumed.`,
    quote: (row: number) => `A quoted cell in row ${formatNumber(row)} never ends; all that follows is in that cell.`,
    pasted: (count: number) => `You pasted ${formatNumber(count)} characters.`,
    pastedAttach: 'Attach them as a file instead',
    pastedName: 'Pasted text',
    keepText: 'Keep them in the message',
  },

  voice: {
    heading: 'Voice',
    dictate: 'Dictate',
    stopDictating: 'Stop dictating',
    listening: 'Listening…',
    starting: 'Opening the microphone…',
    installing: 'Downloading the language pack…',
    dictationEnded: 'Dictation ended.',
    read: 'Read aloud',
    stopReading: 'Stop reading aloud',
    readingLabel: 'Reading aloud',
    pause: 'Pause reading',
    resume: 'Go on reading',
    back: 'Sentence before',
    forward: 'Next sentence',
    by: (voice: string) => `Voice: ${voice}`,
    remote: (voice: string) => `Voice: ${voice}. This voice is sent the text over the network.`,
    code: (label: string, lines: number) => `${label}, ${formatNumber(lines)} ${lines === 1 ? 'line' : 'lines'}.`,
    formula: 'a formula',
    settings: {
      dictation: 'Dictate messages',
      dictationNote: 'Adds a microphone to the place where you write.',
      noDictation: 'This browser has no speech recognition. Chrome, Edge and Safari have.',
      place: {
        device: 'Your voice is understood on this device and goes nowhere.',
        pack: 'A language pack can be downloaded once; then your voice is understood on this device.',
        server:
          'This browser sends your voice to its maker, who turns it into text. You are asked before that happens.',
      },
      reading: 'Read answers aloud',
      readingNote: 'Adds a button to every answer. The words are marked as they are spoken.',
      noReading: 'This browser cannot speak.',
      online: 'Allow voices that are sent the text over the network',
      onlineNote: 'They often sound better, but what they read leaves this device.',
      voice: (language: string) => `Voice for ${language}`,
      automatic: 'Choose for me',
      remoteVoice: (name: string) => `${name} (over the network)`,
      rate: 'Speed',
      rateValue: (rate: number) => `${formatNumber(rate)} ×`,
    },
    consent: {
      heading: 'Your voice would leave this device',
      text: 'This browser understands speech on servers of its maker. While you dictate, what the microphone hears is sent there. Everything else in Daylight stays here.',
      packText:
        'This browser can understand you on this device when it has downloaded a language pack, once. Or it can send what the microphone hears to its maker’s servers.',
      pack: 'Download the language pack',
      allow: 'Send my voice',
      refuse: 'Do not dictate',
    },
  },

  resume: {
    stored: (name: string) => `${name} is on this device, but not loaded.`,
    load: (name: string) => `Load ${name}`,
    none: 'Load a model to go on with this conversation.',
    choose: 'Choose a model',
  },

  context: {
    meter: (used: number, window: number) => `${formatNumber(used)} of ${formatNumber(window)} tokens`,
    full: (over: number, window: number) =>
      `This is about ${formatNumber(over)} ${over === 1 ? 'token' : 'tokens'} more than the model can keep in mind (${formatNumber(window)}, with its answer). Nothing was cut.`,
    draftAlone: 'Shorten your message to send it.',
    shorten: 'Shorten your message, or start a new chat.',
  },

  errors: {
    details: 'Details',
    copyDetails: 'Copy details',
    detailsNote: 'Technical details, without anything you wrote:',
    dismiss: 'Dismiss',
    actions: {
      retry: 'Try again',
      load: 'Load the model again',
      models: 'Choose another model',
      space: 'Manage stored models',
      chat: 'Start a new chat',
      page: 'Reload the page',
      none: '',
    },
  },

  device: {
    heading: 'This browser cannot run the model',
    why: 'Why, and what to do',
    copy: 'Copy details',
    reasons: {
      insecure: 'Browsers give a page the graphics card only over a secure connection.',
      missing: 'The page needs WebGPU, the browser’s access to the graphics card, and this browser does not offer it.',
      adapter: 'This browser has WebGPU, but gave the page no graphics card to use.',
    },
    secure: 'Open this page with https:// at the beginning of its address.',
    ios: 'On iPhone and iPad, WebGPU comes with iOS or iPadOS 26. Update the system in Settings, under General, Software Update.',
    safari:
      'On the Mac, WebGPU comes with Safari 26. Update macOS or Safari, or open this page in Chrome or Edge 124 or newer.',
    android: 'On Android, use a current Chrome (124 or newer) on Android 12 or newer.',
    firefox:
      'Firefox has WebGPU from version 141 on Windows, and from 145 on Macs with Apple silicon: update it. On other systems, open this page in Chrome or Edge 124 or newer.',
    linux:
      'On Linux, open chrome://flags in a new tab, switch on “Unsafe WebGPU Support” and “Vulkan”, and restart the browser. chrome://gpu says why, where it still refuses.',
    chrome:
      'In the browser’s settings, under System, switch on “Use graphics acceleration when available”, and restart the browser. If that does not help, update the graphics driver: browsers refuse some old ones. chrome://gpu says why.',
    update: 'Open this page in a current Chrome or Edge (124 or newer), or Safari 26.',
    processor: 'Run the small model on the processor',
    processorNote:
      'SmolLM2-135M-Instruct also runs without a graphics card, more slowly. It is downloaded once (98 MB) and kept on this device.',
    stillHere: 'Your kept conversations can still be read here.',
  },
};

export type Text = typeof en;
