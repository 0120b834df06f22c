//! Where bytes stop being UTF-8.

/// How many bytes at the start are UTF-8, if not all are.
#[cfg(not(feature = "small"))]
#[inline]
pub(crate) fn utf8_fault(bytes: &[u8]) -> Option<usize> {
    let fault = core::str::from_utf8(bytes).err()?;
    Some(fault.valid_up_to())
}

/// How many bytes at the start are UTF-8, if not all are.
///
/// The library's own check is quicker, and takes five times the flash.
#[cfg(feature = "small")]
#[inline(never)]
pub(crate) fn utf8_fault(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    while let Some((&first, behind)) = rest.split_first() {
        let (more, bits) = match first {
            0..0x80 => (0, 0x7F),
            0xC0..0xE0 => (1, 0x1F),
            0xE0..0xF0 => (2, 0x0F),
            0xF0..0xF8 => (3, 0x07),
            _ => break,
        };
        let Some((tail, behind)) = behind.split_at_checked(more) else {
            break;
        };
        let mut code = u32::from(first & bits);
        for byte in tail {
            code = match byte {
                0x80..0xC0 => code << 6 | u32::from(byte & 0x3F),
                // No character.
                _ => u32::MAX,
            };
        }
        // Neither a surrogate, nor too large, nor in more bytes than it needs.
        if char::from_u32(code).map(char::len_utf8) != Some(1 + more) {
            break;
        }
        rest = behind;
    }
    (!rest.is_empty()).then(|| bytes.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every sequence of bytes at which something changes, up to four and one behind them.
    #[test]
    fn is_what_the_library_says() {
        const EDGES: [u8; 22] = [
            0x00, b'a', 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0,
            0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xF8,
        ];
        for number in 0..22_usize.pow(4) {
            let edge = |place: u32| EDGES[number / 22_usize.pow(place) % 22];
            let bytes = [edge(0), edge(1), edge(2), edge(3), b'a'];
            for len in 0..=bytes.len() {
                let bytes = &bytes[..len];
                let fault = core::str::from_utf8(bytes).err();
                assert_eq!(
                    utf8_fault(bytes),
                    fault.map(|fault| fault.valid_up_to()),
                    "{bytes:x?}"
                );
            }
        }
    }
}
