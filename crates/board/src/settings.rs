//! What makes a board this device and no other: the contents of its config partition.
//!
//! The device itself is written as in a scenario file, so that a board can be exactly what the page has simulated.

use crate::partition::SLOT_BYTES;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::ops::RangeInclusive;
use device::DeviceConfig;
use device::rng::Rng;
use mqtt_proto::Text;
use serde::{Deserialize, Serialize};
use sim::scenario::{NodeKind, Scenario, ScenarioError};

/// The config partition begins with these bytes.
const MAGIC: [u8; 8] = *b"MQTTNODE";
/// Magic, number, length and check sum.
const HEAD_BYTES: usize = 20;
/// What settings may take.
pub const BLOB_MAX_BYTES: usize = SLOT_BYTES;

/// What names of networks may take (802.11).
const SSID_MAX_BYTES: usize = 32;
/// What passwords of networks may take (WPA2).
const WIFI_PASSWORD_BYTES: RangeInclusive<usize> = 8..=63;
/// What names of hosts may take (RFC 1035, section 2.3.4, without the dot at the end).
const HOST_MAX_BYTES: usize = 253;

const CRC: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);

/// The settings of a board.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The network to join; a board on a cable needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wifi: Option<Wifi>,
    /// Where its broker is.
    pub broker: Broker,
    /// A scenario file: its first device is what the board is.
    pub device: String,
    /// What its lamp is made of.
    #[serde(default, skip_serializing_if = "Led::is_rgb")]
    pub led: Led,
}

/// How the lamp of a board is wired: it hangs on the same pin everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Led {
    /// A WS2812, as on the boards of the chip's maker.
    #[default]
    Rgb,
    /// A plain one that a high level lights.
    High,
    /// A plain one that a low level lights, as on many small boards.
    Low,
}

impl Led {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    fn is_rgb(&self) -> bool {
        *self == Self::Rgb
    }
}

/// A network.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wifi {
    /// Its name, 1 to 32 bytes.
    pub ssid: String,
    /// Its password, 8 to 63 bytes; none for an open network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

impl Wifi {
    /// Whether there can be such a network.
    ///
    /// # Errors
    /// [`Fault::Ssid`] or [`Fault::WifiPassword`].
    pub fn check(&self) -> Result<(), Fault> {
        if !(1..=SSID_MAX_BYTES).contains(&self.ssid.len()) {
            return Err(Fault::Ssid);
        }
        match &self.password {
            Some(password) if !WIFI_PASSWORD_BYTES.contains(&password.len()) => {
                Err(Fault::WifiPassword)
            }
            _ => Ok(()),
        }
    }
}

/// Where a broker is.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "lowercase", deny_unknown_fields)]
pub enum Broker {
    /// At this address: the board dials.
    Tcp {
        /// An IPv4 address or a name.
        host: String,
        /// 1883 as a rule.
        port: u16,
        /// For the broker's policy.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<String>,
        /// For the broker's policy.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password: Option<String>,
    },
    /// In a page that opens a WebSocket to the board.
    Page,
    /// In a page at the other end of the serial line.
    Serial,
}

/// Why a board cannot be what its settings say.
#[derive(Debug)]
pub enum Fault {
    /// There are none: the flash is erased there.
    Empty,
    /// There is something else.
    NotSettings,
    /// They were cut off or changed.
    Damaged,
    /// They are no JSON of the expected form.
    Form(serde_json::Error),
    /// The device's text cannot be read.
    Device(ScenarioError),
    /// The device's text has no device.
    NoDevice,
    /// The device cannot be made.
    Unfit(String),
    /// They do not fit into the config partition.
    TooLong(usize),
    /// The network has no name, or a longer one than networks have.
    Ssid,
    /// The network's password is shorter or longer than those of networks.
    WifiPassword,
    /// The broker's address is none.
    Host,
    /// The broker's port is none.
    Port,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "the config partition is empty: write settings to it"),
            Self::NotSettings => write!(
                f,
                "the config partition holds something else: write settings to it"
            ),
            Self::Damaged => write!(f, "the settings are damaged: write them again"),
            Self::Form(error) => write!(f, "the settings cannot be read: {error}"),
            Self::Device(error) => write!(f, "the device's text cannot be read: {error}"),
            Self::NoDevice => write!(
                f,
                "the device's text has no device: add a line such as `node lamp-1 lamp`"
            ),
            Self::Unfit(why) => write!(f, "the device cannot be made: {why}"),
            Self::TooLong(bytes) => write!(
                f,
                "the settings take {bytes} bytes, and there is room for {BLOB_MAX_BYTES}: make the device's text shorter"
            ),
            Self::Ssid => write!(f, "a network has a name of 1 to {SSID_MAX_BYTES} bytes"),
            Self::WifiPassword => write!(
                f,
                "a network has a password of {} to {} bytes, or none",
                WIFI_PASSWORD_BYTES.start(),
                WIFI_PASSWORD_BYTES.end()
            ),
            Self::Host => write!(
                f,
                "the broker needs an address of at most {HOST_MAX_BYTES} bytes, such as 192.168.1.2"
            ),
            Self::Port => write!(f, "the broker's port is a number from 1 to 65535"),
        }
    }
}

impl Default for Settings {
    /// A lamp that waits for a page to be its broker.
    fn default() -> Self {
        Self {
            wifi: None,
            broker: Broker::Page,
            device: DEFAULT_DEVICE.to_string(),
            led: Led::default(),
        }
    }
}

const DEFAULT_DEVICE: &str = r#"scenario "A new board"
node broker broker
node board lamp
  keep-alive 30 s
  reconnect back-off 1 s to 30 s jitter 50 %
  subscribe "board/lamp" qos 1
  on change: publish "board/lamp/state" "{reading}" qos 1 retain
link board to broker
"#;

impl Settings {
    /// Reads settings as JSON.
    ///
    /// # Errors
    /// Why they are none.
    pub fn from_json(json: &[u8]) -> Result<Self, Fault> {
        let settings: Self = serde_json::from_slice(json).map_err(Fault::Form)?;
        settings.check()?;
        Ok(settings)
    }

    /// Whether a board can be what they say. Whoever reads settings asks this, and whoever makes some out of what a user has typed.
    ///
    /// # Errors
    /// What is wrong first: the network, the broker, the device.
    pub fn check(&self) -> Result<(), Fault> {
        if let Some(wifi) = &self.wifi {
            wifi.check()?;
        }
        if let Broker::Tcp { host, port, .. } = &self.broker {
            let is_host = (1..=HOST_MAX_BYTES).contains(&host.len())
                && !host.contains(|it: char| it.is_whitespace() || it.is_control());
            if !is_host {
                return Err(Fault::Host);
            }
            if *port == 0 {
                return Err(Fault::Port);
            }
        }
        self.device_config(0).map(drop)
    }

    /// Reads what [`Settings::to_blob`] has written, with anything behind it.
    ///
    /// # Errors
    /// Why they are none.
    pub fn from_blob(blob: &[u8]) -> Result<Self, Fault> {
        Self::from_json(Blob::read(blob)?.json)
    }

    /// As the config partition keeps them: magic, number, length and CRC-32 (all little-endian), JSON. The check sum
    /// is of the number and the JSON; which of two blobs was written last, their numbers tell.
    ///
    /// # Errors
    /// [`Fault::TooLong`].
    pub fn to_blob(&self, number: u32) -> Result<Vec<u8>, Fault> {
        let json = serde_json::to_vec(self).map_err(Fault::Form)?;
        let whole = HEAD_BYTES + json.len();
        let length = u32::try_from(json.len()).map_err(|_| Fault::TooLong(whole))?;
        if whole > BLOB_MAX_BYTES {
            return Err(Fault::TooLong(whole));
        }
        let mut blob = Vec::with_capacity(whole);
        blob.extend_from_slice(&MAGIC);
        blob.extend_from_slice(&number.to_le_bytes());
        blob.extend_from_slice(&length.to_le_bytes());
        blob.extend_from_slice(&check_sum(number, &json).to_le_bytes());
        blob.extend_from_slice(&json);
        Ok(blob)
    }

    /// The same without passwords: what may be shown to whoever asks.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        let mut shown = self.clone();
        if let Some(wifi) = &mut shown.wifi {
            wifi.password = None;
        }
        if let Broker::Tcp { password, .. } = &mut shown.broker {
            *password = None;
        }
        shown.device = Scenario::without_passwords(&self.device);
        shown
    }

    /// Passwords that are not given stay what they were: whoever changes settings has only seen them without. Those of a
    /// new network, a new broker or a new device do not.
    #[must_use]
    pub fn with_secrets_of(mut self, old: &Self) -> Self {
        if let (Some(new), Some(old)) = (&mut self.wifi, &old.wifi)
            && new.ssid == old.ssid
            && new.password.is_none()
        {
            new.password.clone_from(&old.password);
        }
        if let (
            Broker::Tcp {
                host,
                port,
                user,
                password,
            },
            Broker::Tcp {
                host: old_host,
                port: old_port,
                user: old_user,
                password: old_password,
            },
        ) = (&mut self.broker, &old.broker)
            && (&*host, *port, &*user) == (old_host, *old_port, old_user)
            && password.is_none()
        {
            password.clone_from(old_password);
        }
        if self.device == old.without_secrets().device {
            self.device.clone_from(&old.device);
        }
        self
    }

    /// What makes the device. `seed` is for the jitter of its reconnecting.
    ///
    /// # Errors
    /// Why there is none.
    pub fn device_config(&self, seed: u64) -> Result<DeviceConfig, Fault> {
        let scenario = Scenario::parse(&self.device).map_err(Fault::Device)?;
        let node = scenario
            .nodes
            .iter()
            .find(|node| matches!(node.kind, NodeKind::Device(_)));
        if node.is_some_and(|node| node.kind.script().is_some()) {
            let why = "this firmware runs no scripts: leave out its `script`";
            return Err(Fault::Unfit(why.to_string()));
        }
        let config = node.map(|node| node.device_config(Rng::new(seed)));
        let mut config = match config {
            Some(Ok(Some(config))) => config,
            Some(Err(error)) => return Err(Fault::Unfit(error.to_string())),
            Some(Ok(None)) | None => return Err(Fault::NoDevice),
        };
        if matches!(self.broker, Broker::Page) {
            // Whichever page dials first is the broker: it gets no login.
            config.client.user_name = None;
            config.client.password = None;
        }
        if let Broker::Tcp { user, password, .. } = &self.broker {
            if let Some(user) = user {
                let user = Text::try_from(&**user).map_err(|it| Fault::Unfit(it.to_string()))?;
                config.client.user_name = Some(user);
            }
            if let Some(password) = password {
                config.client.password = Some(password.clone().into_bytes().into());
            }
        }
        Ok(config)
    }
}

/// A blob taken apart.
struct Blob<'a> {
    number: u32,
    json: &'a [u8],
}

impl<'a> Blob<'a> {
    fn read(blob: &'a [u8]) -> Result<Self, Fault> {
        let (magic, rest) = blob.split_first_chunk().ok_or(Fault::NotSettings)?;
        if magic.iter().all(|byte| *byte == 0xff) {
            return Err(Fault::Empty);
        }
        if *magic != MAGIC {
            return Err(Fault::NotSettings);
        }
        let (number, rest) = take_u32(rest)?;
        let (length, rest) = take_u32(rest)?;
        let (sum, rest) = take_u32(rest)?;
        let length = usize::try_from(length).map_err(|_| Fault::Damaged)?;
        let json = rest.get(..length).ok_or(Fault::Damaged)?;
        if check_sum(number, json) != sum {
            return Err(Fault::Damaged);
        }
        Ok(Self { number, json })
    }
}

/// The number of a blob that is whole.
pub(crate) fn blob_number(blob: &[u8]) -> Result<u32, Fault> {
    Blob::read(blob).map(|blob| blob.number)
}

fn take_u32(bytes: &[u8]) -> Result<(u32, &[u8]), Fault> {
    let (word, rest) = bytes.split_first_chunk().ok_or(Fault::Damaged)?;
    Ok((u32::from_le_bytes(*word), rest))
}

fn check_sum(number: u32, json: &[u8]) -> u32 {
    let mut digest = CRC.digest();
    digest.update(&number.to_le_bytes());
    digest.update(json);
    digest.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    fn settings() -> Settings {
        Settings {
            wifi: Some(Wifi {
                ssid: "school".into(),
                password: Some("secret-1".into()),
            }),
            broker: Broker::Tcp {
                host: "10.0.2.2".into(),
                port: 1883,
                user: Some("me".into()),
                password: Some("hidden".into()),
            },
            ..Settings::default()
        }
    }

    #[test]
    fn a_blob_comes_back() {
        let mut blob = settings().to_blob(7).unwrap();
        // Flash behind it is erased.
        blob.resize(BLOB_MAX_BYTES, 0xff);
        let back = Settings::from_blob(&blob).unwrap();
        assert_eq!(back.wifi.unwrap().password.unwrap(), "secret-1");
        let config = settings().device_config(1).unwrap();
        assert_eq!(config.blueprint.name, "lamp");
        assert_eq!(config.client.user_name.unwrap().as_str(), "me");
    }

    /// Settings with a password in every place that can have one.
    fn with_login() -> Settings {
        let mut settings = settings();
        settings.device = settings.device.replace(
            "  keep-alive",
            "  user-name \"lamp\"\n  password \"covert\"\n  keep-alive",
        );
        settings
    }

    #[test]
    fn what_is_shown_can_be_given_back() {
        let old = with_login();
        let back = old.without_secrets().with_secrets_of(&old);
        assert_eq!(back.to_blob(7).unwrap(), old.to_blob(7).unwrap());
        // But another broker does not get the password of this one.
        let mut other = old.without_secrets();
        if let Broker::Tcp { host, .. } = &mut other.broker {
            *host = "10.0.2.3".into();
        }
        let Broker::Tcp { password, .. } = other.with_secrets_of(&old).broker else {
            panic!("it is by TCP");
        };
        assert_eq!(password, None);
    }

    #[test]
    fn the_login_of_the_device_counts_where_the_broker_has_none() {
        let mut settings = with_login();
        assert_eq!(
            settings
                .device_config(1)
                .unwrap()
                .client
                .user_name
                .unwrap()
                .as_str(),
            "me"
        );
        settings.broker = Broker::Serial;
        let client = settings.device_config(1).unwrap().client;
        assert_eq!(client.user_name.unwrap().as_str(), "lamp");
        assert_eq!(&client.password.unwrap()[..], b"covert");
    }

    #[test]
    fn a_page_that_anybody_may_open_is_sent_no_login() {
        let mut settings = with_login();
        settings.broker = Broker::Page;
        let client = settings.device_config(1).unwrap().client;
        assert_eq!((client.user_name, client.password), (None, None));
    }

    #[test]
    fn what_is_shown_has_no_secrets() {
        // As the reader of scenarios takes it, and not as somebody would look for it.
        let mut close_by = with_login();
        close_by.broker = Broker::Serial;
        close_by.device = close_by
            .device
            .replace("password \"covert\"", "password\"covert\"");
        assert!(close_by.device_config(0).unwrap().client.password.is_some());
        assert!(!close_by.without_secrets().device.contains("covert"));
        let others = "\t password \"covert\" # \"another\"\r\n  password \"covert2\"\n";
        close_by.device = close_by.device.replace("  password\"covert\"\n", others);
        let read = close_by.device_config(0).unwrap().client.password.unwrap();
        assert_eq!(&read[..], b"covert2");
        let shown = close_by.without_secrets();
        assert_eq!(shown.device, with_login().without_secrets().device);
        // What is called like it is not one.
        let mut called = Settings::default();
        called.device = called.device.replace("board/lamp", "password");
        assert_eq!(called.without_secrets().device, called.device);
        let shown = serde_json::to_string(&with_login().without_secrets()).unwrap();
        assert!(!shown.contains("covert"), "{shown}");
        assert!(shown.contains("school") && shown.contains("me"));
        assert!(
            !shown.contains("secret") && !shown.contains("hidden"),
            "{shown}"
        );
    }

    #[test]
    fn a_board_has_no_more_under_way_than_a_broker_takes_that_cannot_say_so() {
        let most = |version: &str| {
            let device = format!(
                "scenario \"x\"\nversion {version}\nnode b broker\nnode l lamp\nlink l to b\n"
            );
            let settings = Settings {
                device,
                ..Settings::default()
            };
            settings
                .device_config(0)
                .unwrap()
                .client
                .session
                .in_flight_max
        };
        assert_eq!(most("3.1.1"), 20);
        assert!(most("5.0") > 20);
    }

    #[test]
    fn faults_say_what_to_do() {
        let good = settings().to_blob(7).unwrap();
        let mut flipped = good.clone();
        *flipped.last_mut().unwrap() ^= 1;
        for (blob, says) in [
            (Vec::from([0xff; 64]), "empty"),
            (Vec::from([0; 64]), "something else"),
            (Vec::new(), "something else"),
            (good[..good.len() - 1].into(), "damaged"),
            (flipped, "damaged"),
        ] {
            let fault = Settings::from_blob(&blob).err().unwrap();
            assert!(fault.to_string().contains(says), "{fault}");
        }
        for (device, says) in [
            ("scenario \"x\"\nnode broker broker\n", "has no device"),
            ("scenario \"x\"\nnode l lamp\n  keep-alive soon\n", "line 3"),
            (
                "scenario \"x\"\nnode l lamp\n  script\n    | print(1)\n",
                "runs no scripts",
            ),
        ] {
            let json = serde_json::json!({"broker": {"by": "page"}, "device": device});
            let fault = Settings::from_json(json.to_string().as_bytes())
                .err()
                .unwrap();
            assert!(fault.to_string().contains(says), "{fault}");
        }
        let tcp =
            |host: &str, port: u16| serde_json::json!({"by": "tcp", "host": host, "port": port});
        let page = || serde_json::json!({"by": "page"});
        let long = "x".repeat(254);
        for (ssid, password, broker, says) in [
            ("", None, page(), "1 to 32 bytes"),
            (
                "123456789012345678901234567890123",
                None,
                page(),
                "1 to 32 bytes",
            ),
            ("school", Some("short"), page(), "8 to 63 bytes"),
            ("school", Some(&long[..64]), page(), "8 to 63 bytes"),
            ("school", None, tcp("", 1883), "needs an address"),
            ("school", None, tcp(" ", 1883), "needs an address"),
            ("school", None, tcp(&long, 1883), "needs an address"),
            ("school", None, tcp("10.0.0.1", 0), "1 to 65535"),
        ] {
            let json = serde_json::json!({
                "wifi": {"ssid": ssid, "password": password}, "broker": broker, "device": DEFAULT_DEVICE,
            });
            let fault = Settings::from_json(json.to_string().as_bytes()).err();
            assert!(fault.unwrap().to_string().contains(says), "{json}");
        }
        assert!(settings().check().is_ok());
        let fault = Settings::from_json(b"{\"broker\": {\"by\": \"pigeon\"}, \"device\": \"\"}")
            .err()
            .unwrap();
        assert!(format!("{fault}").contains("pigeon"), "{fault}");
    }
}
