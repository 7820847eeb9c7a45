"""The experiments of the PPOCoder paper (arXiv 2301.13816), each one a benchmark with claims that can fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from codegym.benchmark.plan import AgentSpec, EnvironmentSpec, Plan
from codegym.errors import UnknownNameError

NANO_SETTINGS: Mapping[str, Any] = {
    "learning_rate": 3e-5,
    "query_learning_rate_factor": 0.125,
    "warmup_steps": 5,
    "train_encoder": False,
    "gae_lambda": 1.0,
    "kl_coefficient": 0.0,
    "kl_loss_coefficient": 0.05,
    "end_at_error": True,
    "samples_per_problem": 4,
    "episodes_per_iteration": 128,
}
"""What suits the embedded model; a larger one wants a smaller learning rate."""

CODET5 = ("Salesforce/codet5-small", "Salesforce/codet5-base", "Salesforce/codet5-large")
"""The paper's model, in three sizes."""

_COMPILED: Mapping[str, str] = {"reward": "default/program"}
_TESTED: Mapping[str, str] = {"reward": "unit_tests/program"}
"""The structure of a program is compared once, at its end: a value head that knows nothing learns sooner from that."""

_WITHOUT: Mapping[str, tuple[str, ...]] = {
    # No value function whose errors lambda could trade for variance; GRPO has its KL in the loss, rejection has none.
    "reinforce": ("gae_lambda",),
    "rloo": ("gae_lambda",),
    "grpo": ("gae_lambda", "kl_coefficient"),
    "rejection": ("gae_lambda", "kl_coefficient"),
}


@dataclass(frozen=True)
class Scale:
    """How large an experiment is, and with which models.

    Attributes:
        models: The policies to begin with, small ones first; all experiments but `model-size` take the first.
        seeds: How many seeds.
        problems: Held-out problems of each environment.
        samples: Programs for each problem.
        episodes: Programs to learn from, with each seed.
        settings: Of all agents that learn.
    """

    models: tuple[str, ...] = ("nano",)
    seeds: int = 3
    problems: int = 64
    samples: int = 1
    episodes: int = 1024
    settings: Mapping[str, Any] = field(default_factory=lambda: dict(NANO_SETTINGS))

    def with_codet5(self) -> Scale:
        """Returns the same with the paper's models, learning rate and some of its many programs: for a GPU."""
        models = CODET5 if len(self.models) > 1 else CODET5[1:2]
        return replace(self, models=models, episodes=50_000, settings={**self.settings, "learning_rate": 1e-6})

    def plan(self, agents: Sequence[AgentSpec], environments: Sequence[EnvironmentSpec]) -> Plan:
        """Returns a plan of this scale."""
        return Plan(
            tuple(agents),
            tuple(environments),
            seeds=self.seeds,
            problems=self.problems,
            samples=self.samples,
            episodes=self.episodes,
        )

    def start(self, label: str = "start", model: str | None = None) -> AgentSpec:
        """Returns the policy before it learns, which writes as it does while it learns."""
        return AgentSpec(label, model or self.models[0], {"temperature": self.settings.get("temperature", 1.0)})

    def learner(self, label: str, algorithm: str = "ppo", model: str | None = None, **settings: Any) -> AgentSpec:
        """Returns an agent that learns, with those of the settings that its algorithm has a use for."""
        without = _WITHOUT.get(algorithm, ())
        common = {name: value for name, value in self.settings.items() if name not in without}
        return AgentSpec(label, algorithm, {"model": model or self.models[0], **common, **settings})


@dataclass(frozen=True, slots=True)
class Claim:
    """That one agent's programs are better than another's on the same problems.

    Attributes:
        text: The claim in words.
        ours: Label of the agent that is said to be better.
        theirs: Label of the other one.
        measure: What is compared, of `codegym.benchmark.measures.MEASURES`.
        environments: Labels of the environments; empty: all.
    """

    text: str
    ours: str
    theirs: str
    measure: str = "compilation_rate"
    environments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Experiment:
    """A question, and how it is asked.

    Attributes:
        name: As in `codegym experiment run`.
        title: The question.
        paper: What the paper says about it.
        plan: What is run at a scale.
        claims: What is tested, of a plan.
        sections: What else its page has: `errors`, `novelty`, `cost`.
        measure: What its picture shows: `compilation_rate` or `solved`.
    """

    name: str
    title: str
    paper: str
    plan: Callable[[Scale], Plan]
    claims: Callable[[Plan], Sequence[Claim]]
    sections: tuple[str, ...] = ()
    measure: str = "compilation_rate"

    def within(self, labels: Sequence[str] | None) -> Experiment:
        """Returns the same experiment in some of its environments; None or empty: in all of them.

        Raises:
            UnknownNameError: It has no environment of a label.
        """
        if not labels:
            return self
        known = [one.label for one in self.plan(Scale()).environments]
        for label in labels:
            if label not in known:
                raise UnknownNameError(f"environment of {self.name}", label, known)

        def plan(scale: Scale) -> Plan:
            whole = self.plan(scale)
            return replace(whole, environments=tuple(one for one in whole.environments if one.label in labels))

        def claims(plan: Plan) -> list[Claim]:
            return [one for one in self.claims(plan) if set(one.environments) <= set(labels)]

        return replace(self, plan=plan, claims=claims)


def find(name: str) -> Experiment:
    """Returns the experiment of a name.

    Raises:
        UnknownNameError: There is none.
    """
    for one in EXPERIMENTS:
        if one.name == name:
            return one
    raise UnknownNameError("experiment", name, [one.name for one in EXPERIMENTS])


def _completion(language: str, label: str | None = None, **options: Any) -> EnvironmentSpec:
    return EnvironmentSpec(label or language, f"CodeCompletion-{language}-v0", {**_COMPILED, **options})


def _translation(source: str, target: str, label: str) -> EnvironmentSpec:
    return EnvironmentSpec(label, f"CodeTranslation-{source}-{target}-v0", _COMPILED)


def _synthesis(language: str) -> EnvironmentSpec:
    return EnvironmentSpec(f"Synthesis-{language}", f"ProgramSynthesis-{language}-v0", _TESTED)


_LANGUAGES = ("C", "Cpp", "CSharp", "Java", "PHP", "Python")
_PAIRS = (("Java", "Python"), ("Python", "Java"), ("Java", "C"), ("Python", "Cpp"), ("Java", "CSharp"), ("Cpp", "PHP"))


def _learning(scale: Scale) -> Plan:
    environments = [
        *(_completion(name, f"Completion-{name}") for name in _LANGUAGES),
        *(_translation(a, b, f"Translation-{a}-{b}") for a, b in _PAIRS),
    ]
    return scale.plan([scale.start(), scale.learner("ppo")], environments)


def _synthesis_learning(scale: Scale) -> Plan:
    return scale.plan([scale.start(), scale.learner("ppo")], [_synthesis(name) for name in ("Java", "Python")])


def _repair_learning(scale: Scale) -> Plan:
    options = {"turns": 1, **_TESTED}
    environments = [EnvironmentSpec(f"Repair-{name}", f"CodeRepair-{name}-v0", options) for name in _LANGUAGES]
    return scale.plan([scale.start(), scale.learner("ppo")], environments)


_RIVALS = ("a2c", "reinforce", "rloo", "grpo", "rejection")


def _rivals(scale: Scale) -> Plan:
    environments = [
        _completion("PHP", "Completion-PHP"),
        _translation("Java", "Python", "Translation-Java-Python"),
        _synthesis("Python"),
    ]
    learners = [scale.learner(name, name) for name in ("ppo", *_RIVALS)]
    return scale.plan([scale.start(), *learners], environments)


def _java_to_python(scale: Scale) -> Plan:
    return scale.plan([scale.start(), scale.learner("ppo")], [_translation("Java", "Python", "Java-Python")])


_VERDICT = "1*compilation"
_FULL = "compilation+syntax+dataflow"
_TERMS: Mapping[str, tuple[str, bool]] = {
    "compiler": (_VERDICT, False),
    "compiler+ast": ("compilation+syntax", False),
    "compiler+dfg": ("compilation+dataflow", False),
    "compiler+kl": (_VERDICT, True),
    "full": (_FULL, True),
    "no-compiler": ("syntax+dataflow", True),
    "no-ast": ("compilation+dataflow", True),
    "no-dfg": ("compilation+syntax", True),
    "no-kl": (_FULL, False),
}
"""Label to the reward that is learned from, and whether KL holds the policy: each term added, and each left out."""


def _reward_ablation(scale: Scale) -> Plan:
    without_kl: dict[str, Any] = {"kl_coefficient": 0.0, "kl_loss_coefficient": 0.0}
    learners = [
        scale.learner(label, learn_reward=f"{reward}/program", **({} if kl else without_kl))
        for label, (reward, kl) in _TERMS.items()
    ]
    return scale.plan([scale.start(), *learners], [_completion("PHP")])


def _transfer(scale: Scale) -> Plan:
    where = {
        "learns_in": "CodeCompletion-Python-v0",
        "learn_problems": "procedural",
        "learn_reward": _COMPILED["reward"],
    }
    learners = [scale.learner("ppo", **where), scale.learner("reinforce", "reinforce", **where)]
    seen = _completion("Python", "procedural", problems="procedural")
    unseen = _completion("Python", "stdlib", problems="stdlib")
    return scale.plan([scale.start(), *learners], [seen, unseen])


def _per_language(scale: Scale) -> Plan:
    return scale.plan([scale.start(), scale.learner("ppo")], [_completion(name) for name in _LANGUAGES])


_KL = (0.0, 0.05, 0.2, 1.0)


def _kl_sweep(scale: Scale) -> Plan:
    # In the reward, as in the paper, and nowhere else.
    learners = [scale.learner(f"kl-{value:g}", kl_coefficient=value, kl_loss_coefficient=0.0) for value in _KL]
    return scale.plan([scale.start(), *learners], [_completion("PHP")])


def _model_size(scale: Scale) -> Plan:
    agents = []
    for model in scale.models:
        label = model.rstrip("/").rpartition("/")[2]
        agents += [scale.start(label, model), scale.learner(f"{label}-ppo", model=model)]
    return scale.plan(agents, [_completion("PHP")])


def _cost(scale: Scale) -> Plan:
    rewards = {"compiler": _VERDICT, "tokens": _FULL, "lines": f"{_FULL}/line"}
    learners = [scale.learner(label, learn_reward=reward) for label, reward in rewards.items()]
    learners += [scale.learner(f"samples-{number}", samples_per_problem=number) for number in (1, 2, 8)]
    return scale.plan([scale.start(), *learners], [_completion("PHP")])


_UNSEEN = (
    *("account", "brackets", "coin-change", "durations", "grid-distance", "inventory", "look-and-say"),
    *("numbers-in-text", "polynomials-at-floats", "recursive-text", "sliding-window", "ulam-sequence"),
)
"""Every fourteenth family of procedural programs, in alphabetical order."""


def _out_of_distribution(scale: Scale) -> Plan:
    task = "CodeCompletion-Python-v0"
    easy = "procedural?difficulty=0,0.5"
    seen = f"{easy}&families={','.join(f'-{name}' for name in _UNSEEN)}"
    environments = [
        _completion("Python", "as-learned", problems=seen),
        _completion("Python", "other-families", problems=f"{easy}&families={','.join(_UNSEEN)}"),
        _completion("Python", "longer", problems=seen.replace("0,0.5", "0.8,1")),
        _completion("Python", "other-style", problems=f"{seen}&style=terse"),
        _completion("Python", "stdlib", problems="stdlib"),
    ]
    ppo = scale.learner("ppo", learns_in=task, learn_problems=seen, learn_reward=_COMPILED["reward"])
    return scale.plan([scale.start(), ppo], environments)


def _unseen_pair(scale: Scale) -> Plan:
    environments = [
        _translation("Java", "Python", "as-learned"),
        _translation("Cpp", "Python", "other-source"),
        _translation("Java", "PHP", "other-target"),
    ]
    where = {"learns_in": environments[0].env, "learn_reward": _COMPILED["reward"]}
    return scale.plan([scale.start(), scale.learner("ppo", **where)], environments)


def _each_environment(plan: Plan, text: str, measure: str = "compilation_rate") -> list[Claim]:
    labels = [one.label for one in plan.environments]
    return [Claim(text.format(label), "ppo", "start", measure, (label,)) for label in labels]


EXPERIMENTS: tuple[Experiment, ...] = (
    Experiment(
        "learning",
        "Does PPO raise the compilation rate in every language that is completed or translated to?",
        "Compilation rate rises in completion, and in translation to all six languages.",
        _learning,
        lambda plan: _each_environment(plan, "PPO raises the compilation rate in {}."),
    ),
    Experiment(
        "synthesis",
        "Do more programs pass their tests, written from a statement?",
        "Pass@k rises in synthesis.",
        _synthesis_learning,
        lambda plan: _each_environment(plan, "PPO raises the share of programs that pass in {}.", "solved"),
        measure="solved",
    ),
    Experiment(
        "repair",
        "Are more programs repaired at the first attempt?",
        "Repair is not in it.",
        _repair_learning,
        lambda plan: _each_environment(plan, "PPO raises the share of programs that pass in {}.", "solved"),
        measure="solved",
    ),
    Experiment(
        "algorithms",
        "Which algorithm learns best from the same number of programs?",
        "PPO is steadier and better than REINFORCE.",
        _rivals,
        lambda plan: [
            Claim(
                "PPO raises the share of programs that compile, or pass where there are tests.",
                "ppo",
                "start",
                "solved",
            ),
            *(Claim(f"PPO is better than {name}.", "ppo", name, "solved") for name in _RIVALS),
        ],
        ("cost",),
        measure="solved",
    ),
    Experiment(
        "java-to-python",
        "Does PPO raise the compilation rate of translations from Java to Python?",
        "Compilation rate and CodeBLEU of translations rise in all six languages.",
        _java_to_python,
        lambda plan: [
            Claim("PPO raises the compilation rate.", "ppo", "start"),
            Claim("PPO raises CodeBLEU.", "ppo", "start", "codebleu"),
        ],
        ("errors",),
    ),
    Experiment(
        "reward-ablation",
        "What does each term of the reward contribute?",
        "Each of compiler, AST, DFG and KL contributes; all together are best.",
        _reward_ablation,
        lambda plan: [
            Claim("The compiler's verdict alone raises the compilation rate.", "compiler", "start"),
            Claim("The full reward raises it.", "full", "start"),
            Claim("AST added to the compiler's verdict raises it further.", "compiler+ast", "compiler"),
            Claim("DFG added to the compiler's verdict raises it further.", "compiler+dfg", "compiler"),
            Claim("KL added to the compiler's verdict raises it further.", "compiler+kl", "compiler"),
            Claim("The full reward is better than the compiler's verdict alone.", "full", "compiler"),
            Claim("The full reward is better than without the compiler.", "full", "no-compiler"),
            Claim("The full reward is better than without AST.", "full", "no-ast"),
            Claim("The full reward is better than without DFG.", "full", "no-dfg"),
            Claim("The full reward is better than without KL.", "full", "no-kl"),
            Claim(
                "The full reward gives a closer syntax-tree match than the verdict alone.", "full", "compiler", "syntax"
            ),
            Claim("It gives a closer data-flow match, too.", "full", "compiler", "dataflow"),
        ],
    ),
    Experiment(
        "transfer",
        "Does what was learned on one data set help on another one?",
        "PPO generalises better than REINFORCE on a data set that was not learned from.",
        _transfer,
        lambda plan: [
            Claim(
                "PPO raises the compilation rate where it has learned.", "ppo", "start", environments=("procedural",)
            ),
            Claim("PPO raises it on a data set that it has not seen.", "ppo", "start", environments=("stdlib",)),
            Claim("REINFORCE raises it there.", "reinforce", "start", environments=("stdlib",)),
            Claim("PPO is better than REINFORCE there.", "ppo", "reinforce", environments=("stdlib",)),
        ],
    ),
    Experiment(
        "unseen-pair",
        "Does what was learned of one pair of languages help with another one?",
        "Pairs are not crossed in it.",
        _unseen_pair,
        lambda plan: _each_environment(
            plan, "PPO, which learned to translate from Java to Python, raises the compilation rate on: {}."
        ),
    ),
    Experiment(
        "per-language",
        "Which languages gain, and which errors go away?",
        "All six languages gain.",
        _per_language,
        lambda plan: _each_environment(plan, "PPO raises the compilation rate in {}."),
        ("errors",),
    ),
    Experiment(
        "kl-sweep",
        "What does the weight of KL trade?",
        "Without KL the policy forgets; with too much it does not explore.",
        _kl_sweep,
        lambda plan: [
            *(
                Claim(f"PPO with a KL weight of {value:g} raises the compilation rate.", f"kl-{value:g}", "start")
                for value in _KL
            ),
            Claim("Some KL is better than none.", "kl-0.05", "kl-0"),
            Claim("Much KL is worse than some.", "kl-0.05", "kl-1"),
        ],
        ("novelty",),
    ),
    Experiment(
        "model-size",
        "Do larger models gain as much?",
        "The policy is CodeT5; how much a gain depends on the size of the model is left open.",
        _model_size,
        lambda plan: [
            Claim(f"PPO raises the compilation rate of {one.label}.", f"{one.label}-ppo", one.label)
            for one in plan.agents[::2]
        ],
    ),
    Experiment(
        "cost",
        "What do dense rewards and several samples cost?",
        "Structure gives feedback at every token, where a verdict comes once, at the end.",
        _cost,
        lambda plan: [
            Claim("Rewards at every token are better than the verdict alone.", "tokens", "compiler"),
            Claim("Rewards at the end of each line are better than the verdict alone.", "lines", "compiler"),
            Claim("Eight samples for each problem are better than one.", "samples-8", "samples-1"),
        ],
        ("cost",),
    ),
    Experiment(
        "out-of-distribution",
        "Does it hold for other families, longer programs, another style, and real code?",
        "The gains carry over to other data.",
        _out_of_distribution,
        lambda plan: _each_environment(
            plan, "PPO, which learned from easy problems, raises the compilation rate on: {}."
        ),
    ),
)
"""Every experiment."""
