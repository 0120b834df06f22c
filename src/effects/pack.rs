//! Texts in links: packed by the browser's own compression, and written with letters that an address can hold.

use js_sys::{Array, Function, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ReadableWritablePair, Response};

/// More packed bytes than these are neither shared nor unpacked: packed text can be a thousand times as long as its packing.
const PACKED_MAX_BYTES: usize = 16 * 1024;

/// The letters of base64url, which have no other meaning in an address.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Packs a text into letters; none if the browser cannot, or if nobody could unpack it.
pub(super) async fn pack(text: &str) -> Option<String> {
    let bytes = pipe(text.as_bytes(), &stream("CompressionStream")?).await?;
    (bytes.len() <= PACKED_MAX_BYTES).then(|| to_letters(&bytes))
}

/// Unpacks a text; none if these are no letters of a packed text, or too many.
pub(super) async fn unpack(letters: &str) -> Option<String> {
    let bytes = from_letters(letters).filter(|bytes| bytes.len() <= PACKED_MAX_BYTES)?;
    String::from_utf8(pipe(&bytes, &stream("DecompressionStream")?).await?).ok()
}

/// One of the browser's streams for compression, by the name of its constructor; none in an old browser.
fn stream(name: &str) -> Option<ReadableWritablePair> {
    let constructor: Function = Reflect::get(&js_sys::global(), &name.into())
        .ok()?
        .dyn_into()
        .ok()?;
    let arguments = Array::of1(&"deflate-raw".into());
    let stream = Reflect::construct(&constructor, &arguments).ok()?;
    Some(stream.unchecked_into())
}

/// Sends bytes through a stream that changes them.
async fn pipe(bytes: &[u8], change: &ReadableWritablePair) -> Option<Vec<u8>> {
    let parts = Array::of1(&Uint8Array::from(bytes));
    let blob = Blob::new_with_u8_array_sequence(&parts).ok()?;
    let changed = blob.stream().pipe_through(change);
    let response = Response::new_with_opt_readable_stream(Some(&changed)).ok()?;
    let buffer: JsValue = JsFuture::from(response.array_buffer().ok()?).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

fn to_letters(bytes: &[u8]) -> String {
    let mut letters = String::with_capacity(bytes.len() * 4 / 3 + 3);
    for three in bytes.chunks(3) {
        let word = (0..3).fold(0_usize, |word, index| {
            word << 8 | usize::from(three.get(index).copied().unwrap_or(0))
        });
        for index in 0..=three.len() {
            let letter = LETTERS.get(word >> (18 - 6 * index) & 63);
            letters.extend(letter.map(|letter| char::from(*letter)));
        }
    }
    letters
}

fn from_letters(letters: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(letters.len() * 3 / 4);
    for four in letters.as_bytes().chunks(4) {
        let mut word = 0_usize;
        for index in 0..4 {
            let value = match four.get(index) {
                Some(letter) => LETTERS.iter().position(|it| it == letter)?,
                None => 0,
            };
            word = word << 6 | value;
        }
        for index in 0..four.len().saturating_sub(1) {
            bytes.push((word >> (16 - 8 * index) & 0xff) as u8);
        }
    }
    Some(bytes)
}
