//! The radio.

use alloc::format;
use alloc::string::String;
use board::Wifi;
use embassy_time::{Duration, Timer};
use esp_hal::peripherals::WIFI;
use esp_radio::wifi::sta::StationConfig;
use esp_radio::wifi::{AuthenticationMethodConfig, Config, WifiController};
use node::serial::Line;
use node::{Board, Node};

pub(crate) use esp_radio::wifi::Interface;
pub(crate) type Controller = WifiController<'static>;

/// A radio that is on.
pub(crate) struct Radio {
    pub(crate) controller: Controller,
    pub(crate) interface: Interface,
}

/// Switches the radio on. It joins nothing yet.
///
/// # Errors
/// Why not; without the password.
pub(crate) fn start(wifi: WIFI<'static>, network: &Wifi) -> Result<Radio, String> {
    let ssid = network.ssid.as_str();
    let name = ssid.try_into();
    let name = name.map_err(|_| format!("the name \"{ssid}\" is too long for a network"))?;
    let authentication = match &network.password {
        None => AuthenticationMethodConfig::Open,
        Some(password) => {
            let password = password.as_str().try_into();
            let password = password.map_err(|_| "the password is too long for a network")?;
            AuthenticationMethodConfig::WpaWpa2Personal(password)
        }
    };
    let interface = Interface::station();
    let mut controller = WifiController::new(wifi, Default::default())
        .map_err(|error| format!("the radio does not start: {error:?}"))?;
    let station = StationConfig::default()
        .with_ssid(name)
        .with_authentication(authentication);
    controller
        .set_config(&Config::Station(station))
        .map_err(|error| format!("the radio refuses the settings: {error:?}"))?;
    Ok(Radio {
        controller,
        interface,
    })
}

/// After a failure it tries again after so long.
const AGAIN_AFTER: Duration = Duration::from_secs(5);

/// Joins the network, whenever it is not joined: a task of its own.
pub(crate) async fn stay_joined<B: Board>(
    node: &Node<B>,
    mut controller: Controller,
    line: &Line,
) -> ! {
    loop {
        match controller.connect_async().await {
            Ok(_) => {
                node.log(format_args!("wifi: joined"));
                let left = controller.wait_for_disconnect_async().await;
                match left {
                    Ok(why) => node.log(format_args!("wifi: left, {:?}", why.reason)),
                    Err(error) => node.log(format_args!("wifi: left, {error:?}")),
                }
            }
            Err(error) => {
                node.log(format_args!(
                    "wifi: not joined ({error:?}): are the name and the password right, and is the network near and at 2.4 GHz?"
                ));
                line.not_joined(node).await;
            }
        }
        Timer::after(AGAIN_AFTER).await;
    }
}
