// Events of all runs that hold what is searched for, each a link to itself. What was found in them is text; only where
// it is marked is ours.
import { iconOf, toneOf, wordOf } from "agent_rows";

const AT_ONCE = 20;
const LOOKS = 5; // pages of which nothing is found that are read one after the other, until somebody asks for more
const HAS_WORD = /[\p{L}\p{N}]/u;

// An excerpt in turn: what is between the hits, and the hits. Places are told in characters, of which some are two here.
function partsOf(hit) {
  const characters = Array.from(hit.excerpt);
  const parts = [];
  let at = 0;
  for (const [begins, ends] of hit.hits) {
    parts.push({ text: characters.slice(at, begins).join("") }, { text: characters.slice(begins, ends).join(""), isHit: true });
    at = ends;
  }
  return [...parts, { text: characters.slice(at).join("") }];
}

export default {
  template: `
    <section v-if="hasWord" class="agent-found card card-flush" :aria-label="told.name">
      <h2 class="agent-found-title">{{ told.name }}</h2>
      <div v-if="problem" class="state" role="alert">
        <q-icon name="cloud_off" class="icon" aria-hidden="true" />
        <p class="state-title">{{ problem.message || told.away }}</p>
        <p class="muted">{{ problem.advice }}</p>
        <button type="button" class="button" @click="begin">{{ told.again }}</button>
      </div>
      <div v-else-if="!hits" class="agent-found-loading" role="status" :aria-label="told.loading">
        <div v-for="number in 3" class="skeleton"></div>
      </div>
      <template v-else>
        <p v-if="isPartial" class="agent-found-note muted">{{ told.partial }}</p>
        <p v-if="!hits.length" class="agent-found-note muted" role="status">{{ next ? told.none_yet : told.none }}</p>
        <ul class="agent-found-hits">
          <li v-for="hit in hits" :key="hit.key">
            <a class="agent-found-hit" :href="linkTo(hit.run_id, hit.seq)">
              <q-icon :name="iconOf(hit.kind)" :class="['icon', 'tone-' + toneOf(hit.status)]" aria-hidden="true" />
              <span class="visually-hidden">{{ wordOf(told.kinds, hit.kind) }}</span>
              <bdi class="agent-found-name">{{ hit.name }}</bdi>
              <bdi class="agent-found-run muted">{{ hit.run_name }}</bdi>
              <span class="agent-found-time muted tabular">{{ format.brief(hit.at) }}</span>
              <bdi class="agent-found-text"><template v-for="part in hit.parts"><mark v-if="part.isHit">{{ part.text
                }}</mark><template v-else>{{ part.text }}</template></template></bdi>
            </a>
          </li>
        </ul>
        <button v-if="next" type="button" class="button agent-more" :disabled="isReading" @click="read(next)">
          {{ hits.length ? told.more : told.further }}
        </button>
      </template>
    </section>`,
  props: { words: String, status: String, told: Object, format: Object, load: Function, linkTo: Function },
  data: () => ({ hits: undefined, next: undefined, isPartial: false, problem: undefined, isReading: false }),
  computed: {
    hasWord() {
      return HAS_WORD.test(this.words);
    },
  },
  watch: {
    words: "begin",
    status: "begin",
  },
  created() {
    this.asked = 0;
    this.begin();
  },
  methods: {
    iconOf,
    toneOf,
    wordOf,
    begin() {
      return this.read();
    },
    pathTo(cursor) {
      const query = new URLSearchParams({ q: this.words, limit: AT_ONCE });
      for (const [name, value] of Object.entries({ status: this.status, cursor })) {
        if (value) query.set(name, value);
      }
      return `/events/search?${query}`;
    },
    async read(cursor) {
      const number = ++this.asked; // an answer that is overtaken is of no use
      if (!this.hasWord) return;
      this.isReading = true;
      try {
        let page = { events: [], next_cursor: cursor };
        for (let look = 0; look < LOOKS && !page.events.length && (look === 0 || page.next_cursor); look++) {
          page = await this.load(this.pathTo(page.next_cursor));
          if (number !== this.asked) return;
        }
        // one that has come to another place meanwhile is found again
        const known = new Map((cursor ? this.hits : []).map((hit) => [hit.key, hit]));
        for (const hit of page.events) known.set(`${hit.run_id}:${hit.seq}`, { ...hit, parts: partsOf(hit) });
        this.hits = Object.freeze([...known].map(([key, hit]) => ({ ...hit, key })));
        this.next = page.next_cursor;
        this.isPartial = page.is_partial;
        this.problem = undefined;
      } catch (problem) {
        if (number === this.asked) this.problem = problem;
      } finally {
        if (number === this.asked) this.isReading = false;
      }
    },
  },
};
