//! What WebSocket adds to MQTT (section 6), on the hub's own port.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::io::Read;
use std::net::TcpStream;

use support::{Hub, PATIENCE};
use tungstenite::client::IntoClientRequest;
use tungstenite::{Error, Message};

// shows: MQTT-6.0.0-3 (3.1.1, 5.0)
#[test]
fn a_client_that_does_not_offer_mqtt_is_refused() {
    let hub = Hub::start(&[]);
    for protocol in [None, Some("mqttv3"), Some("chat")] {
        let mut request = format!("ws://{}/mqtt", hub.ws)
            .into_client_request()
            .unwrap();
        if let Some(protocol) = protocol {
            request
                .headers_mut()
                .insert("Sec-WebSocket-Protocol", protocol.parse().unwrap());
        }
        let stream = TcpStream::connect(hub.ws).unwrap();
        match tungstenite::client(request, stream) {
            Err(tungstenite::HandshakeError::Failure(Error::Http(response))) => {
                assert_eq!(response.status(), 400, "{protocol:?}");
            }
            other => panic!("{protocol:?}: {:?}", other.is_ok()),
        }
    }
}

#[test]
fn the_port_for_websockets_is_found_without_a_path() {
    let hub = Hub::start(&[]);
    let mut request = format!("ws://{}", hub.ws).into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("Sec-WebSocket-Protocol", "mqtt".parse().unwrap());
    let stream = TcpStream::connect(hub.ws).unwrap();
    let (_, response) = tungstenite::client(request, stream).unwrap();
    assert_eq!(response.headers()["Sec-WebSocket-Protocol"], "mqtt");
}

// shows: MQTT-6.0.0-1, MQTT-6.0.0-4 (3.1.1, 5.0)
#[test]
fn a_text_frame_ends_the_connection() {
    let hub = Hub::start(&[]);
    let mut request = format!("ws://{}/mqtt", hub.ws)
        .into_client_request()
        .unwrap();
    request
        .headers_mut()
        .insert("Sec-WebSocket-Protocol", "other, mqtt".parse().unwrap());
    let stream = TcpStream::connect(hub.ws).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let (mut socket, response) = tungstenite::client(request, stream).unwrap();
    assert_eq!(response.headers()["Sec-WebSocket-Protocol"], "mqtt");
    let connect = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01t";
    socket.send(Message::binary(connect.to_vec())).unwrap();
    assert_eq!(socket.read().unwrap(), Message::binary(vec![0x20, 2, 0, 0]));
    // A PUBACK, were it not for the kind of frame.
    socket.send(Message::text("\u{40}\u{2}\u{0}\u{1}")).unwrap();
    match socket.read() {
        Ok(Message::Close(Some(frame))) => assert_eq!(u16::from(frame.code), 1003),
        other => panic!("{other:?}"),
    }
    let _ = socket.flush();
    let mut rest = Vec::new();
    assert_eq!(socket.get_mut().read_to_end(&mut rest).unwrap(), 0);
}
