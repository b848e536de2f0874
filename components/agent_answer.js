// What a model answered: as it came, and beside it what it is as JSON or asks to be called.
import AgentCopy from "agent_copy";
import AgentJson from "agent_json";
import AgentLongText from "agent_long_text";
import { answerOf } from "agent_answer_parsed";

export default {
  components: { AgentCopy, AgentJson, AgentLongText },
  template: `
    <div :class="['agent-answer', { 'is-pair': isParsed }]">
      <div class="agent-json">
        <div class="agent-value-head">
          <h4 class="agent-value-name">{{ told.raw }}</h4>
          <agent-copy :text="() => answer.raw" :told="told.value" :label="told.copy_answer" />
        </div>
        <agent-long-text class="agent-block" :text="answer.raw" :told="told.value" :format="format" :is-mono="isParsed"
          :first="4000" />
      </div>
      <agent-json v-if="isParsed" :value="answer.parsed" :told="told.value" :format="format" :name="told.parsed" />
    </div>`,
  props: { messages: Array, told: Object, format: Object },
  computed: {
    answer() {
      return Object.freeze(answerOf(this.messages));
    },
    isParsed() {
      return typeof this.answer.parsed === "object" && this.answer.parsed !== null;
    },
  },
};
