// What a person was asked to allow, and what was answered by whom.
import AgentFacts from "agent_facts";
import AgentValues from "agent_whole";
import { answerTold } from "agent_answers";

export default {
  components: { AgentFacts, AgentValues },
  template: `
    <section class="agent-group">
      <agent-facts :facts="facts" />
      <button v-if="decision" type="button" class="button" @click="$emit('open', decision.seq)">
        <q-icon name="how_to_reg" class="icon" aria-hidden="true" />{{ told.to_answer }}
      </button>
    </section>
    <agent-values :event="event" :told="told" :format="format" />`,
  props: { event: Object, decision: Object, told: Object, format: Object },
  emits: ["open"],
  computed: {
    facts() {
      return Object.freeze(this.event.kind === "approval_request" ? this.asked() : this.answered());
    },
  },
  methods: {
    asked() {
      const { told, decision, event } = this;
      const answer = decision && this.sentence(answerTold(decision).by, decision.at);
      const open = event.status === "waiting" ? told.not_answered : told.unknown;
      return [
        { name: told.asked_for, value: event.name },
        { name: told.answered, value: answer ?? open, isFaint: !answer },
      ];
    },
    answered() {
      const { told, event } = this;
      const { by, verdict, comment } = answerTold(event);
      const facts = [
        { name: told.verdict, value: told.verdicts[verdict] ?? told.see_below, isFaint: !verdict },
        { name: told.by, value: by ?? told.unknown, isFaint: !by },
        { name: told.when, value: this.format.moment(event.at) },
      ];
      return comment ? [...facts, { name: told.comment, value: comment }] : facts;
    },
    sentence(by, at) {
      return `${by ?? this.told.somebody}, ${this.format.time(at)}`;
    },
  },
};
