//! HTTP: the page, and MQTT over WebSocket.

use crate::dial::Dials;
use crate::door::{Door, Peer};
use crate::guard::{self, AllowedHosts};
use crate::pages::Relay;
use crate::place::Broker;
use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{ConnectInfo, Path as UrlPath, RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use percent_encoding::percent_decode_str;
use relay::{DIAL_PATH, FRAME_MAX_BYTES, SUBPROTOCOL};
use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

/// What the page may do, as www/index.html has it too. Who may frame the page can be said in a header only: no page of
/// another site, because this one speaks to brokers of the machine.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     img-src 'self' data: blob:; connect-src 'self' ws: wss:; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'self'";

/// The largest WebSocket message that a client of MQTT may send: packets may be cut at will.
const MQTT_MESSAGE_MAX_BYTES: usize = 1 << 20;

/// What requests may need.
#[derive(Clone, Debug)]
pub(crate) struct Hub {
    pub(crate) broker: Broker,
    pub(crate) relay: Arc<Relay>,
    pub(crate) dials: Dials,
    pub(crate) allowed: AllowedHosts,
}

/// MQTT over WebSocket, and what pages need that came from elsewhere. Clients of brokers that look at no path, as
/// Mosquitto, say `/`.
pub(crate) fn websocket_routes(hub: &Hub) -> Router {
    guarded(websockets().route("/", any(mqtt)), hub)
}

/// The page and MQTT over WebSocket.
pub(crate) fn page_routes(hub: &Hub, page: Option<&Path>) -> Router {
    let routes = websockets();
    let routes = match page {
        Some(page) => routes.fallback_service(ServeDir::new(page)),
        None => routes.route("/", get(no_page)),
    };
    guarded(routes, hub)
}

fn websockets() -> Router<Hub> {
    Router::new()
        .route("/mqtt", any(mqtt))
        .route(relay::PATH, any(page))
        .route(&format!("{DIAL_PATH}{{broker}}"), any(dial))
}

/// Serves the routes; never returns.
pub(crate) async fn serve(door: Door, routes: Router) {
    let routes = routes.into_make_service_with_connect_info::<Peer>();
    // It tries again whatever goes wrong with a single connection.
    let _ = axum::serve(door, routes).await;
}

fn guarded(routes: Router<Hub>, hub: &Hub) -> Router {
    let always =
        |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    routes
        .layer(middleware::from_fn(cache))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&hub.allowed),
            guard::check,
        ))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::REFERRER_POLICY, "no-referrer"))
        .layer(always(header::X_FRAME_OPTIONS, "SAMEORIGIN"))
        .layer(always(
            header::CONTENT_SECURITY_POLICY,
            CONTENT_SECURITY_POLICY,
        ))
        .with_state(hub.clone())
}

/// Files whose names carry a hash of their contents may be kept; of all others the browser is to ask whether they changed.
async fn cache(request: axum::extract::Request, next: middleware::Next) -> Response {
    let hashed = is_hashed(request.uri().path());
    let mut response = next.run(request).await;
    let value = if hashed && response.status() == StatusCode::OK {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
    response
}

/// Whether a file name holds `-` and 16 hexadecimal digits, as the page's build names them.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split(['-', '_', '.'])
        .any(|part| part.len() == 16 && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

async fn no_page() -> &'static str {
    "mqtt-hub is running without the page. Build it and start the hub with --page DIR.\n\
     MQTT over WebSocket is at /mqtt.\n"
}

type Upgrade = Result<WebSocketUpgrade, WebSocketUpgradeRejection>;

/// The WebSocket that was asked for, with its subprotocol; or the answer that says what is missing.
fn upgraded(upgrade: Upgrade, protocol: &'static str) -> Result<WebSocketUpgrade, Box<Response>> {
    let upgrade = upgrade.map_err(|_| {
        let advice = format!("This address is for WebSockets (subprotocol {protocol}).\n");
        let headers = [(header::UPGRADE, "websocket")];
        Box::new((StatusCode::UPGRADE_REQUIRED, headers, advice).into_response())
    })?;
    let upgrade = upgrade.protocols([protocol]);
    match upgrade.selected_protocol() {
        Some(_) => Ok(upgrade),
        None => {
            let rule = if protocol == "mqtt" {
                " (MQTT-6.0.0-3)"
            } else {
                ""
            };
            let advice =
                format!("A client has to offer the WebSocket subprotocol {protocol}{rule}.\n");
            Err(Box::new((StatusCode::BAD_REQUEST, advice).into_response()))
        }
    }
}

async fn mqtt(
    State(hub): State<Hub>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    upgrade: Upgrade,
) -> Response {
    match upgraded(upgrade, "mqtt") {
        Ok(upgrade) => upgrade
            .max_message_size(MQTT_MESSAGE_MAX_BYTES)
            .on_upgrade(move |socket| crate::socket::serve_websocket(hub.broker, socket, peer)),
        Err(answer) => *answer,
    }
}

async fn page(
    State(hub): State<Hub>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    upgrade: Upgrade,
) -> Response {
    match upgraded(upgrade, SUBPROTOCOL) {
        Ok(upgrade) => upgrade
            .max_message_size(FRAME_MAX_BYTES)
            .on_upgrade(move |socket| crate::pages::serve_page(hub.relay, socket, peer.address)),
        Err(answer) => *answer,
    }
}

async fn dial(
    State(hub): State<Hub>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    UrlPath(broker): UrlPath<String>,
    RawQuery(query): RawQuery,
    upgrade: Upgrade,
) -> Response {
    let upgrade = match upgraded(upgrade, "mqtt") {
        Ok(upgrade) => upgrade,
        Err(answer) => return *answer,
    };
    let code = query.as_deref().and_then(code);
    let may = hub.relay.may_join(peer.address.ip(), code.as_deref());
    upgrade
        .max_message_size(MQTT_MESSAGE_MAX_BYTES)
        .on_upgrade(move |socket| hub.dials.serve(socket, broker, peer.address, may))
}

/// The code in a query, `code=CODE`, in which whatever a URL cannot hold is escaped.
fn code(query: &str) -> Option<Cow<'_, str>> {
    let code = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("code="))?;
    Some(percent_decode_str(code).decode_utf8_lossy())
}

#[cfg(test)]
mod tests {
    use super::{CONTENT_SECURITY_POLICY, is_hashed};

    #[test]
    fn the_page_says_the_same_policy_on_every_host() {
        let page = include_str!("../../../www/index.html");
        let (policy, _) = CONTENT_SECURITY_POLICY
            .split_once("; frame-ancestors")
            .unwrap();
        let meta = format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">");
        assert!(page.contains(&meta), "{meta}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
    }

    #[test]
    fn only_names_with_a_hash_are_kept_for_good() {
        for (path, expected) in [
            ("/mqtt-playground-7de0c96fb1fa425a.js", true),
            ("/mqtt-playground-7de0c96fb1fa425a_bg.wasm", true),
            ("/index.html", false),
            ("/", false),
            ("/7de0c96fb1fa425a/index.html", false),
        ] {
            assert_eq!(is_hashed(path), expected, "{path}");
        }
    }
}
