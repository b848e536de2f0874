// Ways from an event to those around it: the step it is part of, its own steps, its beginning and its end.
import { iconOf, wordOf } from "agent_rows";

const FIRST = 8; // of each group at first

export default {
  template: `
    <section v-if="groups.length || dialogue" class="agent-group agent-around">
      <h3 class="agent-group-name">{{ told.around }}</h3>
      <template v-for="group in groups" :key="group.key">
        <p class="agent-around-name">{{ group.name }}</p>
        <ul class="agent-around-list">
          <li v-for="one in group.shown" :key="one.seq">
            <button type="button" class="agent-around-link" :aria-current="one.seq === event.seq ? 'true' : undefined"
              @click="$emit('open', one.seq)">
              <i class="material-icons notranslate agent-around-icon" aria-hidden="true">{{ iconOf(one.kind) }}</i>
              <bdi class="agent-around-title">{{ one.name }}</bdi>
              <span v-if="group.isPhases" class="muted">{{ told.phases[one.phase] }}</span>
              <span :class="['agent-dot', 'is-' + one.status]" role="img" :aria-label="wordOf(told.statuses, one.status)"></span>
              <span class="agent-around-time">{{ format.time(one.at) }}</span>
            </button>
          </li>
          <li v-if="group.left"><button type="button" class="agent-more" @click="isWhole = true">
            {{ told.value.more.replace("{count}", format.number(group.left)) }}</button></li>
          <li v-else-if="group.more" class="muted agent-around-more">{{ group.more }}</li>
        </ul>
      </template>
      <a v-if="dialogue" class="agent-around-dialogue" :href="dialogue">
        <q-icon name="forum" class="icon" aria-hidden="true" /><span class="link">{{ told.dialogue }}</span></a>
    </section>`,
  props: { event: Object, around: Object, dialogue: String, told: Object, format: Object },
  emits: ["open"],
  data: () => ({ isWhole: false }),
  computed: {
    groups() {
      const { parent, halves, children, more } = this.around;
      const left = more ? this.told.and_more.replace("{count}", this.format.number(more)) : "";
      return Object.freeze(
        [
          { key: "parent", name: this.told.parent, items: parent ? [parent] : [] },
          { key: "halves", name: this.told.halves, items: halves, isPhases: true },
          { key: "children", name: this.told.children, items: children, more: left },
        ]
          .filter((group) => group.items.length)
          .map((group) => {
            const shown = this.isWhole ? group.items : group.items.slice(0, FIRST);
            return Object.freeze({ ...group, shown, left: group.items.length - shown.length });
          }),
      );
    },
  },
  methods: { iconOf, wordOf },
};
