// Work that is asked for often and done seldom: at once the first time, then never sooner than `gap` milliseconds
// after its end, and ever more seldom the longer it takes, so that a page stays quick however much it draws.
const SHARE = 5; // it may take up to a fifth of the time

export function paced(gap, work) {
  let timer; // set while it is waiting or working
  let isBusy = false;
  let isDue = false;
  let isGone = false;
  let isWanted = false; // by the reader, who does not wait
  let rest = 0; // until when nothing is done
  async function run() {
    isDue = isWanted = false;
    isBusy = true;
    const began = performance.now();
    try {
      await work();
    } finally {
      const took = performance.now() - began;
      isBusy = false;
      rest = isWanted ? 0 : performance.now() + Math.max(gap, took * (SHARE - 1));
      timer = undefined;
      if (isDue) plan();
    }
  }
  function plan() {
    if (isGone) return;
    timer = setTimeout(run, Math.max(0, rest - performance.now()));
  }
  return {
    ask() {
      isDue = true;
      if (timer === undefined) plan();
    },
    now() {
      isDue = isWanted = true;
      if (isBusy) return;
      rest = 0;
      clearTimeout(timer);
      plan();
    },
    stop() {
      isGone = true;
      clearTimeout(timer);
    },
  };
}

// A pane that follows a run: its method `renew` is called when there is more, but seldom; `begin`, which asks for it,
// at first and when the run is another.
export const pacedPane = (gap) => ({
  props: { store: Object, version: Number, told: Object, format: Object, load: Function },
  emits: ["open"],
  watch: {
    version() {
      this.pace.ask();
    },
    store() {
      this.begin();
    },
  },
  created() {
    this.pace = paced(gap, this.renew); // not for Vue to watch, as is all that is read: it draws what is in sight
    this.begin();
  },
  unmounted() {
    this.pace.stop();
  },
});
