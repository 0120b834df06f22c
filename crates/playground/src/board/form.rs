//! The settings of a board as a form. What is typed stays here: it is in no link, no saved work and no line of the console.

use board::{Broker, Fault, Led, Settings, Wifi, partition};
use std::fmt::Write as _;

/// Where the board finds its broker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// This page, over the cable: no network is needed.
    #[default]
    Cable,
    /// This page, which opens a WebSocket to the board.
    Page,
    /// A broker at an address.
    Address,
}

/// All ways.
pub const WAYS: [Way; 3] = [Way::Cable, Way::Page, Way::Address];

/// What a board can be.
pub const KINDS: [&str; 4] = ["lamp", "button", "thermometer", "window-sensor"];

/// How the lamp of a board is wired.
pub const LEDS: [Led; 3] = [Led::Rgb, Led::High, Led::Low];

/// A field that is typed into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormField {
    /// The name of the network.
    Ssid,
    /// Its password.
    WifiPassword,
    /// The broker's address.
    Host,
    /// The broker's port.
    Port,
    /// For the broker's policy.
    User,
    /// For the broker's policy.
    Password,
    /// What the board is called.
    Name,
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormFault {
    /// A network has a name of 1 to 32 bytes.
    Ssid,
    /// A password of a network has 8 to 63 characters.
    WifiPassword,
    /// An address is missing.
    Host,
    /// A port is a number from 1 to 65535.
    Port,
    /// A name has letters, digits and hyphens.
    Name,
    /// All of it together does not fit.
    TooLong,
}

impl FormFault {
    /// The field that it is about.
    #[must_use]
    pub const fn field(self) -> FormField {
        match self {
            Self::Ssid => FormField::Ssid,
            Self::WifiPassword => FormField::WifiPassword,
            Self::Host => FormField::Host,
            Self::Port => FormField::Port,
            Self::Name | Self::TooLong => FormField::Name,
        }
    }
}

impl From<Fault> for FormFault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Ssid => Self::Ssid,
            Fault::WifiPassword => Self::WifiPassword,
            Fault::Host => Self::Host,
            Fault::Port => Self::Port,
            Fault::TooLong(_) => Self::TooLong,
            // The device: its name makes its text.
            _ => Self::Name,
        }
    }
}

/// What is typed and chosen.
#[derive(Clone, PartialEq, Eq)]
pub struct Form {
    /// Where the broker is.
    pub way: Way,
    /// What the board is: its place in [`KINDS`].
    pub kind: usize,
    /// A device of an open world that it is instead: its name, and as a scenario file.
    pub device: Option<(String, String)>,
    /// How its lamp is wired.
    pub led: Led,
    /// What the board is called.
    pub name: String,
    /// The name of the network.
    pub ssid: String,
    /// Its password; empty for an open network.
    pub wifi_password: String,
    /// The broker's address.
    pub host: String,
    /// The broker's port.
    pub port: String,
    /// For the broker's policy; empty for none.
    pub user: String,
    /// For the broker's policy; empty for none.
    pub password: String,
}

impl std::fmt::Debug for Form {
    /// Without what is typed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Form")
            .field("way", &self.way)
            .finish_non_exhaustive()
    }
}

impl Default for Form {
    fn default() -> Self {
        Self {
            way: Way::default(),
            kind: 0,
            device: None,
            led: Led::default(),
            name: "board-1".to_owned(),
            ssid: String::new(),
            wifi_password: String::new(),
            host: String::new(),
            port: "1883".to_owned(),
            user: String::new(),
            password: String::new(),
        }
    }
}

/// Longer texts are no settings.
const TYPED_MAX_BYTES: usize = 255;

impl Form {
    pub(super) fn fill(&mut self, field: FormField, text: String) {
        if text.len() > TYPED_MAX_BYTES {
            return;
        }
        *(match field {
            FormField::Ssid => &mut self.ssid,
            FormField::WifiPassword => &mut self.wifi_password,
            FormField::Host => &mut self.host,
            FormField::Port => &mut self.port,
            FormField::User => &mut self.user,
            FormField::Password => &mut self.password,
            FormField::Name => &mut self.name,
        }) = text;
    }

    /// Forgets what only the board has to know.
    pub(super) fn forget(&mut self) {
        self.wifi_password.clear();
        self.password.clear();
    }

    /// Whether the board has to join a network.
    #[must_use]
    pub fn needs_network(&self) -> bool {
        self.way != Way::Cable
    }

    /// A config partition with these settings.
    pub(super) fn partition(&self) -> Result<Vec<u8>, FormFault> {
        let settings = self.settings()?;
        settings.check()?;
        Ok(partition(&settings)?)
    }

    fn settings(&self) -> Result<Settings, FormFault> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let is_named = (1..=32).contains(&self.name.len()) && self.name.bytes().all(is_name);
        if self.device.is_none() && !is_named {
            return Err(FormFault::Name);
        }
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let wifi = self.needs_network().then(|| Wifi {
            ssid: self.ssid.clone(),
            password: some(&self.wifi_password),
        });
        let broker = match self.way {
            Way::Cable => Broker::Serial,
            Way::Page => Broker::Page,
            Way::Address => Broker::Tcp {
                host: self.host.trim().to_owned(),
                port: self.port.trim().parse().map_err(|_| FormFault::Port)?,
                user: some(&self.user),
                password: some(&self.password),
            },
        };
        Ok(Settings {
            wifi,
            broker,
            device: self
                .device
                .as_ref()
                .map_or_else(|| self.simple(), |it| it.1.clone()),
            led: self.led,
        })
    }

    /// A board of its kind as a scenario file has it.
    fn simple(&self) -> String {
        let name = &self.name;
        let kind = KINDS.get(self.kind).copied().unwrap_or("lamp");
        let mut text = format!(
            "scenario \"A board\"\nnode broker broker\nnode {name} {kind}\n  session kept\n  keep-alive 30 s\n  \
             reconnect back-off 1 s to 30 s jitter 50 %\n  queue 50 drop-oldest\n  \
             will \"{name}/status\" \"offline\" qos 1 retain\n  \
             on connect: publish \"{name}/status\" \"online\" qos 1 retain\n"
        );
        if kind == "lamp" {
            let _ = writeln!(text, "  subscribe \"{name}/set\" qos 1");
        }
        let _ = writeln!(
            text,
            "  on change: publish \"{name}/state\" \"{{reading}}\" qos 1 retain"
        );
        let _ = writeln!(text, "link {name} to broker");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use board::{Kept, SLOT_BYTES};

    fn kept(form: &Form) -> Settings {
        let bytes = form.partition().unwrap();
        let (first, second) = bytes.split_at(SLOT_BYTES);
        Kept::read(first, second).unwrap().settings().clone()
    }

    #[test]
    fn every_kind_of_board_is_a_device() {
        for (kind, name) in KINDS.into_iter().enumerate() {
            let form = Form {
                kind,
                ..Form::default()
            };
            let config = kept(&form).device_config(1).unwrap();
            assert_eq!(config.blueprint.name, name);
            assert_eq!(config.client.client_id.as_str(), "board-1");
        }
    }

    #[test]
    fn a_board_can_be_a_device_of_a_world() {
        let text = "scenario \"x\"\nversion 5.0\nnode b broker\nnode r robot\n  subscribe \"t\" qos 2\nlink r to b\n";
        let form = Form {
            device: Some(("r".into(), text.into())),
            name: "not used".into(),
            ..Form::default()
        };
        let config = kept(&form).device_config(1).unwrap();
        assert_eq!(
            (config.blueprint.name, config.client.client_id.as_str()),
            ("robot", "r")
        );
    }

    #[test]
    fn what_is_typed_is_what_the_board_reads() {
        let mut form = Form {
            way: Way::Address,
            led: Led::Low,
            ..Form::default()
        };
        for (field, text) in [
            (FormField::Ssid, "school"),
            (FormField::WifiPassword, "opensesame"),
            (FormField::Host, " broker.local "),
            (FormField::User, "me"),
            (FormField::Password, "hidden"),
            (FormField::Name, "desk-7"),
        ] {
            form.fill(field, text.into());
        }
        let settings = kept(&form);
        let wifi = settings.wifi.as_ref().unwrap();
        assert_eq!(
            (&*wifi.ssid, wifi.password.as_deref()),
            ("school", Some("opensesame"))
        );
        let Broker::Tcp {
            host,
            port,
            user,
            password,
        } = &settings.broker
        else {
            panic!("it is at an address");
        };
        assert_eq!((&**host, *port), ("broker.local", 1883));
        assert_eq!(
            (user.as_deref(), password.as_deref()),
            (Some("me"), Some("hidden"))
        );
        assert_eq!(settings.led, Led::Low);
        // Over the cable no network is kept, even if one was typed.
        form.way = Way::Cable;
        assert!(kept(&form).wifi.is_none());
        assert!(!format!("{form:?}").contains("opensesame"));
        form.forget();
        assert_eq!((&*form.wifi_password, &*form.password), ("", ""));
    }

    #[test]
    fn each_field_says_what_is_wrong_with_it() {
        let good = Form {
            way: Way::Address,
            ssid: "school".into(),
            host: "10.0.0.1".into(),
            ..Form::default()
        };
        assert!(good.partition().is_ok());
        for (field, text, fault) in [
            (FormField::Ssid, "", FormFault::Ssid),
            (
                FormField::Ssid,
                "123456789012345678901234567890123",
                FormFault::Ssid,
            ),
            (FormField::WifiPassword, "short", FormFault::WifiPassword),
            (FormField::Host, "", FormFault::Host),
            (FormField::Host, "a b", FormFault::Host),
            (FormField::Port, "0", FormFault::Port),
            (FormField::Port, "65536", FormFault::Port),
            (FormField::Name, "", FormFault::Name),
            (FormField::Name, "a b", FormFault::Name),
            (FormField::Name, "a\nnode b lamp", FormFault::Name),
        ] {
            let mut form = good.clone();
            form.fill(field, text.into());
            assert_eq!(form.partition().err(), Some(fault), "{text:?}");
            assert_eq!(fault.field(), field);
        }
    }
}
