//! Names of buttons, columns and groups that stand around the drawings.

use super::language::phrases;

phrases! {
    /// The bar under everything.
    TIMELINE: "Timeline", "Zeitleiste";
    /// The marks on it.
    STEPS: "Steps", "Schritte";
    /// A button.
    RESTART_RUN: "Restart", "Zum Anfang";
    /// A button.
    STEP_BACK: "Step back", "Schritt zurück";
    /// A button.
    STEP_FORWARD: "Step forward", "Schritt vor";
    /// A button.
    GO_TO_END: "Go to the end", "Zum Ende";
    /// A button.
    PLAY: "Play", "Abspielen";
    /// A button.
    PAUSE: "Pause", "Anhalten";
    /// The slider.
    SPEED: "speed", "Tempo";

    /// The choice of how the steps are shown.
    SHOW_STEPS_AS: "Show steps as", "Schritte zeigen als";
    /// One of them.
    AS_LIST: "List", "Liste";
    /// A column.
    COLUMN_CLOCK: "time, s", "Zeit, s";
    /// The drawing.
    LADDER_DIAGRAM: "Ladder diagram. The same steps follow as a list.",
        "Ablaufdiagramm. Dieselben Schritte folgen als Liste.";
    /// The list under it.
    STEPS_AS_LIST: "Steps as a list", "Schritte als Liste";

    /// Over the rules.
    RULES: "Rules at work", "Regeln am Werk";
    /// Over the keys beside the explanation.
    KEYS_HEADING: "Keys", "Tasten";
    /// The sentence in one line.
    CAPTION: "What happens now", "Was jetzt geschieht";
    /// The choice of a language.
    LANGUAGE: "Language", "Sprache";
}
