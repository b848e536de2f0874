// Names and values beside each other. A value is a text; `isFaint` is for what is not known.
import { shortOf } from "agent_values";

const LONGEST = 1000; // characters of a value

export default {
  template: `
    <dl class="agent-facts">
      <div v-for="fact in facts" :key="fact.name" class="agent-fact">
        <dt>{{ fact.name }}</dt>
        <dd :class="{ 'is-faint': fact.isFaint }"><bdi>{{ shortOf(fact.value, ${LONGEST}) }}</bdi>
          <span v-if="fact.note" class="agent-fact-note">{{ fact.note }}</span></dd>
      </div>
    </dl>`,
  props: { facts: Array },
  methods: { shortOf },
};
