//! Who may talk to the hub from inside a browser.
//!
//! A page anywhere on the web can make the visitor's browser open connections to this machine, and
//! with a name that it lets point here ("DNS rebinding") even read the answers. So a request must
//! name this machine in a way that such a page cannot: by an IP address, as `localhost`, or by a
//! name allowed on the command line. And if it comes from a page, that page must come from the same
//! host, from this machine, or from an allowed name.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::Arc;

/// Host names that are allowed besides IP addresses and `localhost`.
pub(crate) type AllowedHosts = Arc<[String]>;

/// Refuses requests that fail the check.
pub(crate) async fn check(
    State(allowed): State<AllowedHosts>,
    request: Request,
    next: Next,
) -> Response {
    match refusal(request.headers(), &allowed) {
        None => next.run(request).await,
        Some(why) => (StatusCode::FORBIDDEN, why).into_response(),
    }
}

fn refusal(headers: &HeaderMap, allowed: &[String]) -> Option<String> {
    let value = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    let host = value(header::HOST).unwrap_or("");
    let name = host_name(host);
    let named = |host: &str| allowed.iter().any(|name| name.eq_ignore_ascii_case(host));
    if !(name.parse::<IpAddr>().is_ok() || is_loopback(name) || named(name)) {
        return Some(format!(
            "This hub does not answer to the name in the Host header ({host:?}). Use its IP address, or start it with \
             --allow-host NAME.\n"
        ));
    }
    let origin = value(header::ORIGIN)?;
    let page = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"))
        .map_or("", host_name);
    (!(is_loopback(page) || page.eq_ignore_ascii_case(name) || named(page))).then(|| {
        format!(
            "Pages of {origin:?} may not connect to this hub. Open the page from the hub itself, or start it with \
             --allow-host NAME.\n"
        )
    })
}

/// The host of `host`, `host:port`, `[v6]` or `[v6]:port`.
fn host_name(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(""),
        None => authority.split(':').next().unwrap_or(""),
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Host | Origin | allowed; `-` is an absent header.
    const REQUESTS: &str = "
        127.0.0.1:8080     | -                       | yes
        [::1]:8080         | -                       | yes
        localhost:8080     | http://localhost:9000   | yes
        LOCALHOST          | https://127.0.0.1       | yes
        192.168.1.7:8080   | http://192.168.1.7:8080 | yes
        class.example      | http://class.example    | yes
        evil.example:8080  | -                       | no
        127.0.0.1:8080     | http://evil.example     | no
        127.0.0.1:8080     | http://203.0.113.9      | no
        127.0.0.1:8080     | null                    | no
        127.0.0.1:8080     | file://                 | no
        127.0.0.1.evil.example | -                   | no
        localhost:8080     | http://localhost.evil.example | no
        -                  | -                       | no";

    #[test]
    fn names_that_a_foreign_page_controls_are_refused() {
        for row in REQUESTS.lines().filter(|row| !row.trim().is_empty()) {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let mut headers = HeaderMap::new();
            for (name, value) in [(header::HOST, cells[0]), (header::ORIGIN, cells[1])] {
                if value != "-" {
                    headers.insert(name, value.parse().unwrap());
                }
            }
            let allowed = ["class.example".to_owned()];
            let found = if refusal(&headers, &allowed).is_none() {
                "yes"
            } else {
                "no"
            };
            assert_eq!(found, cells[2], "{row}");
        }
    }
}
