//! Every script in `tests/scripts`, run anew and compared with what it says happened.
//! `UPDATE_EXPECT=1` writes down what happens now.

#![allow(clippy::unwrap_used, reason = "tests")]

mod harness;

use expect_test::expect_file;

macro_rules! scripts {
    ($($name:ident: $file:literal;)*) => {
        $(#[test]
        fn $name() {
            let script = include_str!(concat!("scripts/", $file));
            expect_file![concat!("scripts/", $file)].assert_eq(&harness::run(script));
        })*

        #[test]
        fn no_script_is_left_out() {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts");
            let mut found: Vec<_> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .filter(|name| name.ends_with(".txt"))
                .collect();
            found.sort();
            assert_eq!(found, [$($file),*]);
        }
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
