//! rumqttd on one port, and with WebSocket on another if there is one: `bench-rumqttd PORT [WEBSOCKET-PORT]`.
//!
//! Apart from the bench itself, so that nothing else depends on whether its dependencies build.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut ports = std::env::args().skip(1);
    let port: u16 = ports.next().ok_or("which port?")?.parse()?;
    let mut config = format!(
        r#"
        id = 0
        [router]
        id = 0
        max_connections = 10010
        max_outgoing_packet_count = 200
        max_segment_size = 104857600
        max_segment_count = 10
        [v4.1]
        name = "v4"
        listen = "127.0.0.1:{port}"
        next_connection_delay_ms = 0
        [v4.1.connections]
        connection_timeout_ms = 60000
        max_payload_size = 1048576
        max_inflight_count = 100
        dynamic_filters = true
        "#
    );
    if let Some(port) = ports.next() {
        let port: u16 = port.parse()?;
        config.push_str(&format!(
            r#"
        [ws.1]
        name = "ws"
        listen = "127.0.0.1:{port}"
        next_connection_delay_ms = 0
        [ws.1.connections]
        connection_timeout_ms = 60000
        max_payload_size = 1048576
        max_inflight_count = 100
        dynamic_filters = true
        "#
        ));
    }
    rumqttd::Broker::new(toml::from_str(&config)?).start()?;
    Ok(())
}
