// A button that says what is chosen; the menu that hangs from it comes in its slot.
export default {
  template: `
    <button class="picker">
      <q-icon :name="icon" class="icon picker-icon" aria-hidden="true" />
      <bdi :class="['picker-name', { 'wide-only': short }]">{{ words }}</bdi>
      <bdi v-if="short" class="picker-name narrow-only">{{ short }}</bdi>
      <q-icon :name="arrow" class="icon" aria-hidden="true" />
      <slot></slot>
    </button>`,
  props: { icon: String, words: String, short: String, arrow: String },
};
