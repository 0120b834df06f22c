//! Lessons: what is said around their own texts.

use super::language::phrases;
use super::{Language, quoted};
use crate::lesson::{AskState, AskView, OptionView};
use sim::predict::{Asked, Mention, Told};
use sim::scenario::Misconception;

/// The element of the question.
pub const QUESTION_ID: &str = "h-q";

phrases! {
    /// A button: on a telephone the question is behind a tab.
    QUESTION_WAITS: "A question waits: answer it", "Eine Frage wartet: beantworten";
    /// What to do with a question.
    PREDICT: "Choose, then lock in", "Wählen, dann festlegen";
    /// A button.
    LOCK_IN: "Lock in", "Festlegen";
    /// A question was left without an answer.
    NOT_PREDICTED: "Not predicted", "Nicht vorhergesagt";
    /// A prediction is committed to.
    LOCKED_IN: "Locked in", "Festgelegt";
    /// A button.
    GO_ON: "Go on", "Weiter";
    /// Above the task.
    TASK: "Your turn", "Selbst probieren";
    /// What opens a hint.
    HINT: "Hint", "Hinweis";
    /// A button: the run as it is without what the learner did.
    OWN_RUN: "Back to the lesson's run", "Zurück zum Lauf der Lektion";
    /// A link.
    ALL_LESSONS: "All lessons", "Alle Lektionen";
    /// What the chooser puts over the scenarios that are no lesson.
    MORE: "More", "Weitere";
}

/// The button that goes to the answer.
#[must_use]
pub fn reveal_at(language: Language, step: usize) -> String {
    match language {
        Language::English => format!("Reveal at step {step}"),
        Language::German => format!("Auflösen bei Schritt {step}"),
    }
}

/// The link to what comes after a part: the next one of the same lesson, or another lesson.
#[must_use]
pub fn onward(language: Language, is_part: bool, title: &str) -> String {
    match (language, is_part) {
        (Language::English, true) => format!("Next part: {title}"),
        (Language::English, false) => format!("Next lesson: {title}"),
        (Language::German, true) => format!("Nächster Teil: {title}"),
        (Language::German, false) => format!("Nächste Lektion: {title}"),
    }
}

/// Where one is in the curriculum.
#[must_use]
pub fn lesson_place(language: Language, label: &str, title: &str) -> String {
    match language {
        Language::English => format!("Lesson {label}: {title}"),
        Language::German => format!("Lektion {label}: {title}"),
    }
}

/// The crumb before the title of a scenario that is no lesson.
pub const BRAND_CRUMB: &str = "MQTT Playground /";

/// The crumb over a scenario's title.
#[must_use]
pub fn lesson_crumb(language: Language, label: &str) -> String {
    match language {
        Language::English => format!("Lesson {label} /"),
        Language::German => format!("Lektion {label} /"),
    }
}

/// What came of a prediction, once it is known; before, what the next step would do to it.
#[must_use]
pub fn outcome(language: Language, ask: &AskView) -> &'static str {
    match (ask.state, language) {
        (AskState::Revealed, _) => {}
        (AskState::Open, Language::English) if ask.is_held => {
            return "Answer first, or step forward again without a prediction.";
        }
        (AskState::Open, Language::German) if ask.is_held => {
            return "Erst antworten, oder mit dem nächsten Schritt ohne Vorhersage weiter.";
        }
        (AskState::Chosen, Language::English) if ask.is_held => {
            return "The next step forward locks this in.";
        }
        (AskState::Chosen, Language::German) if ask.is_held => {
            return "Der nächste Schritt vor legt das fest.";
        }
        _ => return "",
    }
    if ask.options.iter().all(|option| option.is_right.is_none()) {
        return match language {
            Language::English => {
                "What was done has led this run elsewhere: none of these answers holds in it."
            }
            Language::German => {
                "Was getan wurde, hat diesen Lauf anderswohin geführt: Keine dieser Antworten gilt in ihm."
            }
        };
    }
    let chosen = ask.options.iter().find(|option| option.is_chosen);
    match (chosen.and_then(|option| option.is_right), language) {
        (Some(true), Language::English) => "You were right.",
        (Some(true), Language::German) => "Das war richtig.",
        (Some(false), Language::English) => "It went another way.",
        (Some(false), Language::German) => "Es kam anders.",
        (None, Language::English) => "Nothing was predicted.",
        (None, Language::German) => "Nichts wurde vorhergesagt.",
    }
}

/// An answer for those who do not see its mark.
#[must_use]
pub const fn answer_state(language: Language, option: &OptionView) -> &'static str {
    match (option.is_right, option.is_chosen, language) {
        (None, true, Language::English) => " (your answer)",
        (None, true, Language::German) => " (eigene Antwort)",
        (Some(true), true, Language::English) => " (your answer, right)",
        (Some(true), true, Language::German) => " (eigene Antwort, richtig)",
        (Some(true), false, Language::English) => " (right)",
        (Some(true), false, Language::German) => " (richtig)",
        (Some(false), true, Language::English) => " (your answer, wrong)",
        (Some(false), true, Language::German) => " (eigene Antwort, falsch)",
        _ => "",
    }
}

/// What is behind a wrong answer.
#[must_use]
pub fn belief(language: Language, belief: &str) -> String {
    match language {
        Language::English => format!("Many believe it: {belief}."),
        Language::German => format!("Das glauben viele: {belief}."),
    }
}

/// A goal for those who do not see its mark.
#[must_use]
pub const fn goal_state(language: Language, is_met: bool) -> &'static str {
    match (language, is_met) {
        (Language::English, true) => "reached: ",
        (Language::English, false) => "not reached: ",
        (Language::German, true) => "erreicht: ",
        (Language::German, false) => "nicht erreicht: ",
    }
}

/// What is so.
#[must_use]
pub fn found(language: Language, found: &str) -> String {
    match language {
        Language::English => format!("Now: {found}"),
        Language::German => format!("Jetzt: {found}"),
    }
}

/// How far the task is.
#[must_use]
pub const fn task_state(language: Language, is_done: bool) -> &'static str {
    match (language, is_done) {
        (Language::English, true) => "Done.",
        (Language::English, false) => "Act on the map, at any step.",
        (Language::German, true) => "Geschafft.",
        (Language::German, false) => "Auf der Karte eingreifen, bei jedem Schritt.",
    }
}

/// How long a lesson takes.
#[must_use]
pub fn minutes(minutes: u16) -> String {
    if minutes == 0 {
        String::new()
    } else {
        format!("{minutes} min")
    }
}

/// What somebody believes who answers wrongly, as a clause.
#[must_use]
pub fn misconception(language: Language, belief: Misconception) -> String {
    match language {
        Language::English => belief.to_string(),
        Language::German => match belief {
            Misconception::ResentOnTimer => {
                "was nicht bestätigt wird, wird nach einer Weile noch einmal gesendet"
            }
            Misconception::QosEndToEnd => "QoS reicht vom Sender bis zum Abonnenten",
            Misconception::SubscribingSetsQos => {
                "wer mit QoS 2 abonniert, bekommt Nachrichten mit QoS 2"
            }
            Misconception::RetainSaysStored => {
                "das RETAIN-Flag einer Nachricht sagt, ob sie gespeichert wurde"
            }
            Misconception::RetainedIsHistory => {
                "zurückbehaltene Nachrichten sind eine Geschichte des Topics"
            }
            Misconception::SessionIsEnough => {
                "eine aufbewahrte Sitzung allein bringt die Nachrichten aus der Zeit der Abwesenheit"
            }
            Misconception::QueueWaitsForSubscribe => {
                "wartende Nachrichten kommen, wenn der Client wieder abonniert"
            }
            Misconception::WillOnAnyEnd => {
                "ein letzter Wille geht bei jedem Ende einer Verbindung hinaus, und zwar sofort"
            }
            Misconception::WillIsEnough => "es genügt, einen letzten Willen zu setzen",
            Misconception::ClientPingsForMe => {
                "die Client-Bibliothek sendet von selbst Lebenszeichen"
            }
            Misconception::SleepIsOffline => {
                "ein schlafendes Gerät ist ein Gerät, das offline gegangen ist"
            }
            Misconception::IdsMayBeShared => {
                "zwei Geräte dürfen denselben Client Identifier haben"
            }
            Misconception::OnceOnTheWire => {
                "eine Nachricht mit QoS 2 ist nur einmal auf der Leitung"
            }
            Misconception::DupMeansDuplicate => {
                "DUP 1 bedeutet, dass der Empfänger die Nachricht schon hat"
            }
            Misconception::LibraryDoesQos2 => "jede Bibliothek kann QoS 2",
            Misconception::BrowserOpensTcp => {
                "eine Seite im Browser kann sich mit dem TCP-Port eines Brokers verbinden"
            }
            Misconception::PublisherKnowsSubscribers => {
                "wer veröffentlicht, sendet an die Geräte, die er kennt"
            }
            Misconception::FiltersAreExact => {
                "ein Filter passt nur auf das Topic, das genauso geschrieben ist"
            }
        }
        .to_owned(),
    }
}

/// What is so instead of what somebody believes, in one sentence.
#[must_use]
pub const fn correction(language: Language, belief: Misconception) -> &'static str {
    match language {
        Language::English => belief.correction(),
        Language::German => match belief {
            Misconception::ResentOnTimer => {
                "TCP verliert auf einer lebenden Verbindung kein Byte, also muss nur eine wieder aufgenommene Sitzung erneut senden: Zu jeder anderen Zeit verbietet es 5.0, und 3.1.1 verlangt es nicht."
            }
            Misconception::QosEndToEnd => {
                "QoS gilt für eine Teilstrecke: Die Bestätigung an den Sender kommt vom Broker, und kein Abonnent hat damit etwas bestätigt."
            }
            Misconception::SubscribingSetsQos => {
                "Das QoS eines Abonnements ist eine Obergrenze: Eine Nachricht kommt mit dem niedrigeren von veröffentlichtem und gewährtem QoS an."
            }
            Misconception::RetainSaysStored => {
                "RETAIN ist 1 bei dem, was ein neues Abonnement aus dem Speicher bekommt; eine laufende Kopie hat RETAIN 0, obwohl der Broker die Nachricht speichert, außer ein Abonnement von 5.0 verlangt Retain As Published."
            }
            Misconception::RetainedIsHistory => {
                "Der Broker behält für jedes Topic eine einzige Nachricht zurück: Die letzte ersetzt die davor."
            }
            Misconception::SessionIsEnough => {
                "Eine aufbewahrte Sitzung muss nur sammeln, was mit QoS 1 oder 2 veröffentlicht und gewährt wurde, und nur für Abonnements, die sie schon hat."
            }
            Misconception::QueueWaitsForSubscribe => {
                "Das Abonnement gehört zur aufbewahrten Sitzung: Wartende Nachrichten kommen gleich nach CONNACK, ohne ein neues SUBSCRIBE."
            }
            Misconception::WillOnAnyEnd => {
                "Ein einfaches DISCONNECT löscht den letzten Willen, und ein stummer Client wird erst nach dem 1,5-Fachen seines Keep Alive vermisst."
            }
            Misconception::WillIsEnough => {
                "Ohne Keep Alive merkt niemand, dass ein Client stumm ist: Seine Verbindung sieht lebendig aus, und der letzte Wille wartet."
            }
            Misconception::ClientPingsForMe => {
                "PINGREQ muss ein Client nur senden, wenn es ein Keep Alive gibt und rechtzeitig nichts anderes gesendet wurde, und manche Bibliotheken überlassen es dem Programm."
            }
            Misconception::SleepIsOffline => {
                "Ein schlafendes Gerät, das sich nicht abgemeldet hat, ist für seinen Broker noch verbunden, bis das Anderthalbfache seines Keep Alive vorbei ist."
            }
            Misconception::IdsMayBeShared => {
                "Ein Client Identifier hat eine Verbindung: Wer sich als Zweiter verbindet, wirft den Ersten hinaus."
            }
            Misconception::OnceOnTheWire => {
                "QoS 2 braucht vier Pakete und sendet PUBLISH vielleicht mehrmals: Genau einmal ist die Zustellung, nicht das Paket."
            }
            Misconception::DupMeansDuplicate => {
                "DUP sagt, dass das Paket vielleicht schon einmal gesendet wurde, nicht, dass der Empfänger die Nachricht hat: Es kann die erste Kopie sein, die ankommt, und bei QoS 1 wird sie in jedem Fall zugestellt."
            }
            Misconception::LibraryDoesQos2 => {
                "Nicht jede Bibliothek spricht QoS 2: umqtt.simple zum Beispiel gibt mit einer Assertion auf."
            }
            Misconception::BrowserOpensTcp => {
                "Eine Seite hat kein TCP: Sie erreicht einen Broker über WebSocket, unter ws:// oder wss://."
            }
            Misconception::PublisherKnowsSubscribers => {
                "Wer veröffentlicht, sendet ein Paket an den Broker, und der entscheidet nach Topic und Filtern, wer eine Kopie bekommt."
            }
            Misconception::FiltersAreExact => {
                "In einem Filter steht + für eine Ebene eines Topics und # für alle, die folgen, auch für keine."
            }
        },
    }
}

/// A question that was made from a run.
#[must_use]
pub fn asked(language: Language, asked: &Asked) -> String {
    if language == Language::English {
        return asked.to_string();
    }
    match asked {
        Asked::NextPacket { who, packet } => {
            format!("{who} hat {packet} gesendet. Welches Paket wird als Nächstes gesendet?")
        }
        Asked::WhoReceives { by, message } => {
            format!(
                "{by} veröffentlicht {}. Wer bekommt es am Ende?",
                mention(message)
            )
        }
        Asked::HowOften { who, message } => {
            format!("Wie oft bekommt {who} am Ende {}?", mention(message))
        }
        Asked::WhichQos {
            message,
            published,
            who,
            granted,
        } => {
            let message = mention(message);
            format!(
                "Veröffentlicht wurde mit QoS {published}: {message}. {who} hat QoS {granted} gewährt bekommen. Mit welchem QoS kommt es an?"
            )
        }
        Asked::RetainFlag { message, who } => {
            let message = mention(message);
            format!("Veröffentlicht wird mit RETAIN 1: {message}. Welches RETAIN-Flag sieht {who}?")
        }
        Asked::SentAgain {
            from,
            packet,
            topic,
            to,
        } => format!(
            "{from} hat {packet} auf {topic} an {to} gesendet und wartet auf die Antwort. Wird es noch einmal gesendet?"
        ),
        Asked::WillFires { now, who } => {
            let now = super::seconds_short(language, now.as_micros());
            format!(
                "Es ist {now}, und {who} hat einen letzten Willen. Wann veröffentlicht ihn der Broker?"
            )
        }
        Asked::HowManyRetained { who, filter } => format!(
            "{who} abonniert {filter}. Wie viele zurückbehaltene Nachrichten kommen sofort?"
        ),
    }
}

fn mention(message: &Mention) -> String {
    let topic = &message.topic;
    match &message.payload {
        Some(payload) => format!("{} auf {topic}", quoted(Language::German, payload)),
        None => format!("die Nachricht auf {topic}"),
    }
}

/// An answer that was made from a run.
#[must_use]
pub fn told(language: Language, told: &Told) -> String {
    if language == Language::English {
        return told.to_string();
    }
    match told {
        Told::Packet(name, from, to) => format!("{name} von {from} an {to}"),
        Told::NoPacket => "Kein Paket mehr".to_owned(),
        Told::Times(0) => "Gar nicht".to_owned(),
        Told::Times(1) => "Einmal".to_owned(),
        Told::Times(2) => "Zweimal".to_owned(),
        Told::Times(times) => format!("{times}-mal"),
        Told::Count(0) => "Keine".to_owned(),
        Told::Nodes(nodes) if nodes.is_empty() => "Niemand".to_owned(),
        Told::At(Some(at)) => format!("Bei {}", super::seconds_short(language, at.as_micros())),
        Told::At(None) => "Nie".to_owned(),
        Told::AgainOnTimer => "Ja, nach einer Weile, über dieselbe Verbindung".to_owned(),
        Told::AgainOnResume => {
            "Ja, wenn die Sitzung über eine neue Verbindung weitergeht".to_owned()
        }
        Told::NotAgain => "Nein".to_owned(),
        Told::Count(_) | Told::Qos(_) | Told::Nodes(_) | Told::Retain(_) => told.to_string(),
    }
}
