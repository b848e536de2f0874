// An icon, a word that matters, and some more that a phone has no room for.
export default {
  template: `
    <p>
      <q-icon :name="icon" class="icon" aria-hidden="true" />
      <strong v-if="heading">{{ heading }}</strong>
      <span :class="{ 'wide-only': heading }">{{ words }}</span>
    </p>`,
  props: { icon: String, heading: String, words: String },
};
