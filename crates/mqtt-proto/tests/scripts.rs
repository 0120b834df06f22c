//! Every script in `tests/scripts`, run anew and compared with what it says happened.
//! `UPDATE_EXPECT=1` writes down what happens now.

mod harness;

use expect_test::expect_file;

macro_rules! scripts {
    ($($name:ident: $file:literal;)*) => {
        $(#[test]
        fn $name() {
            let script = include_str!(concat!("scripts/", $file));
            expect_file![concat!("scripts/", $file)].assert_eq(&harness::run(script));
        })*
    };
}

scripts! {
    authentication: "authentication.txt";
    disconnect: "disconnect.txt";
    exchanges: "exchanges.txt";
    handshake_of_the_client: "handshake-client.txt";
    handshake_of_the_server: "handshake-server.txt";
    keep_alive: "keep-alive.txt";
    limits: "limits.txt";
    retry: "retry.txt";
    topic_aliases: "topic-aliases.txt";
}
