// What an open tab does while its socket is gone: it asks whether its session is, and then leads to the form.
// NiceGUI by itself only tries to reconnect, and a socket of an ended session is refused for ever.
(() => {
  const FIRST_PAUSE = 1000; // milliseconds between two questions; doubled up to the longest
  const LONGEST_PAUSE = 8000;
  const ANSWER_TIMEOUT = 5000;
  let pause = FIRST_PAUSE;
  let timer;
  let isAsking = false;

  window.leaveEndedSession = () => {
    window.isSessionOver = true;
    const here = encodeURIComponent(location.pathname + location.search);
    location.replace("/sign-in?notice=ended&next=" + here.replaceAll("%2F", "/"));
  };

  async function ask() {
    if (isAsking) return;
    isAsking = true;
    try {
      const answer = await fetch("/session", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_TIMEOUT) });
      if (answer.status === 401) window.leaveEndedSession();
    } catch {
      // Offline, or the panel is away: nothing is known of the session, and the next question comes by itself.
    } finally {
      isAsking = false;
    }
  }

  function watch() {
    clearTimeout(timer);
    // Before its first connection a page has no socket yet, and has just been served to a signed-in person.
    const isCut = window.socket !== undefined && !window.socket.connected;
    document.documentElement.dataset.connection = isCut ? "cut" : "";
    if (isCut) ask();
    pause = isCut ? Math.min(2 * pause, LONGEST_PAUSE) : FIRST_PAUSE;
    // All tabs lose a panel that restarts at the same moment; they should not ask at the same moment too.
    timer = setTimeout(watch, pause * (0.75 + Math.random() / 2));
  }

  function watchAnew() {
    pause = FIRST_PAUSE;
    watch();
  }

  addEventListener("online", watchAnew);
  document.addEventListener("visibilitychange", watchAnew);
  addEventListener("pageshow", (event) => {
    // From the back-forward cache comes a page as it was, perhaps to somebody who has signed out since.
    if (event.persisted) ask();
    watchAnew();
  });
})();
