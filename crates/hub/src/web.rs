//! HTTP: the page, and MQTT over WebSocket.

use crate::guard::{self, AllowedHosts};
use crate::native::Native;
use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

/// What the page may do, as www/index.html has it too. Who may frame the page can be said in a header only: no page of
/// another site, because this one speaks to brokers of the machine.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     img-src 'self' data: blob:; connect-src 'self' ws: wss:; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'self'";

/// MQTT over WebSocket only.
pub(crate) fn websocket_routes(native: &Arc<Native>, allowed: &AllowedHosts) -> Router {
    guarded(Router::new().route("/mqtt", any(upgrade)), native, allowed)
}

/// The page and MQTT over WebSocket.
pub(crate) fn page_routes(
    native: &Arc<Native>,
    allowed: &AllowedHosts,
    page: Option<&Path>,
) -> Router {
    let routes = Router::new().route("/mqtt", any(upgrade));
    let routes = match page {
        Some(page) => routes.fallback_service(ServeDir::new(page)),
        None => routes.route("/", get(no_page)),
    };
    guarded(routes, native, allowed)
}

/// Serves the routes; never returns.
pub(crate) async fn serve(listener: TcpListener, routes: Router) {
    let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
    // It tries again whatever goes wrong with a single connection.
    let _ = axum::serve(listener, routes).await;
}

fn guarded(routes: Router<Arc<Native>>, native: &Arc<Native>, allowed: &AllowedHosts) -> Router {
    let always =
        |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    routes
        .layer(middleware::from_fn(cache))
        .layer(middleware::from_fn_with_state(
            Arc::clone(allowed),
            guard::check,
        ))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::REFERRER_POLICY, "no-referrer"))
        .layer(always(header::X_FRAME_OPTIONS, "SAMEORIGIN"))
        .layer(always(
            header::CONTENT_SECURITY_POLICY,
            CONTENT_SECURITY_POLICY,
        ))
        .with_state(Arc::clone(native))
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

async fn upgrade(
    State(native): State<Arc<Native>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade.protocols(["mqtt"]),
        Err(_) => {
            return (
                StatusCode::UPGRADE_REQUIRED,
                [(header::UPGRADE, "websocket")],
                "This address is for MQTT over WebSocket (subprotocol mqtt).\n",
            )
                .into_response();
        }
    };
    if upgrade.selected_protocol().is_none() {
        return (
            StatusCode::BAD_REQUEST,
            "An MQTT client has to offer the WebSocket subprotocol mqtt (MQTT-6.0.0-3).\n",
        )
            .into_response();
    }
    upgrade.on_upgrade(move |socket| crate::socket::serve_websocket(native, socket, address))
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
