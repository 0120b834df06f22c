//! Which pages a board listens to: those of its own network.
//!
//! A page anywhere on the web can make a visitor's browser open connections to a board in the visitor's network, and with a name that it
//! lets point there ("DNS rebinding") even read the answers. It must not become the broker of that board. So the page has to come from a
//! place that nobody outside can be, and the board has to be called by a name that nobody outside can give it. Programs that are no
//! browser say no origin, and are in the network themselves.

use core::net::{IpAddr, Ipv6Addr};

/// Whether a page with this `Origin` may talk to a board: it comes from the visitor's own machine or an address of a local network, or from
/// a name that is found in the local network only (`.local`, RFC 6762).
#[must_use]
pub fn is_near(origin: &str) -> bool {
    let page = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    let Some(name) = page.and_then(host_name) else {
        return false;
    };
    match address(name) {
        Some(IpAddr::V4(it)) => it.is_loopback() || it.is_private() || it.is_link_local(),
        Some(IpAddr::V6(it)) => {
            it.is_loopback() || it.is_unique_local() || it.is_unicast_link_local()
        }
        None => is_local_name(name),
    }
}

/// Whether a request with this `Host` means a board: by its address, or by a name that is found in the local network only.
#[must_use]
pub fn is_own(host: &str) -> bool {
    host_name(host).is_some_and(|name| address(name).is_some() || is_local_name(name))
}

/// The host of `host`, `host:port`, `[v6]` or `[v6]:port`.
fn host_name(authority: &str) -> Option<&str> {
    match authority.strip_prefix('[') {
        // With its bracket, so that it is told from a name.
        Some(_) => authority.find(']').and_then(|end| authority.get(..end)),
        None => authority.split(':').next(),
    }
}

fn address(name: &str) -> Option<IpAddr> {
    match name.strip_prefix('[') {
        Some(name) => name.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => name.parse().ok(),
    }
}

fn is_local_name(name: &str) -> bool {
    let ends_with = |end: &str| {
        let at = name.len().checked_sub(end.len());
        at.and_then(|at| name.get(at..))
            .is_some_and(|it| it.eq_ignore_ascii_case(end))
    };
    name.eq_ignore_ascii_case("localhost") || ends_with(".localhost") || ends_with(".local")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_page_is_not_near() {
        for (origin, near) in [
            ("http://localhost:8080", true),
            ("https://LOCALHOST", true),
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:8080", true),
            ("http://192.168.1.7:8080", true),
            ("http://10.0.2.2", true),
            ("http://172.16.0.1", true),
            ("http://169.254.3.4", true),
            ("http://[fe80::1]", true),
            ("http://[fd00::1]:8080", true),
            ("http://classroom.local:8080", true),
            ("http://203.0.113.9", false),
            ("http://172.32.0.1", false),
            ("http://[2001:db8::1]", false),
            ("http://evil.example", false),
            ("http://192.168.1.7.evil.example", false),
            ("http://local", false),
            ("http://evil.example:80.local", false),
            ("http://localhost.evil.example", false),
            ("null", false),
            ("file://", false),
            ("http://", false),
            ("", false),
        ] {
            assert_eq!(is_near(origin), near, "{origin:?}");
        }
    }

    #[test]
    fn a_name_that_a_foreign_page_controls_means_no_board() {
        for (host, own) in [
            ("192.168.1.7", true),
            ("192.168.1.7:8081", true),
            ("[fe80::1]:80", true),
            ("lamp.local", true),
            ("localhost:8081", true),
            ("evil.example", false),
            ("192.168.1.7.evil.example", false),
            ("", false),
        ] {
            assert_eq!(is_own(host), own, "{host:?}");
        }
    }
}
