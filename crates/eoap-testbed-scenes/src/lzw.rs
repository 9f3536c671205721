//! The compression of TIFF that is called LZW (TIFF 6.0, section 13), as libtiff writes it.
//!
//! [`compressed`] gives the very bytes of libtiff, its habit of clearing a table that no longer pays
//! included: so a file that GDAL wrote can be written again. What is compressed is not known here.

const CLEAR: u16 = 256;
const END: u16 = 257;
const FIRST: u16 = 258;
const FEWEST_BITS: u32 = 9;

/// With so many codes the table is full.
const FULL: u16 = 4094;

/// After so many bytes it is looked whether the table still pays.
const PERIOD: usize = 10_000;

/// No code.
const NONE: u16 = 0;

/// Codes as bits, the highest first.
#[derive(Default)]
struct Bits {
    all: Vec<u8>,
    rest: u32,
    length: u32,
}

impl Bits {
    fn put(&mut self, code: u16, bits: u32) {
        self.rest = (self.rest << bits) | u32::from(code);
        self.length += bits;
        while self.length >= 8 {
            self.length -= 8;
            // The highest eight of what is left.
            self.all.push((self.rest >> self.length) as u8);
        }
        self.rest &= (1 << self.length) - 1;
    }

    fn finish(mut self) -> Vec<u8> {
        if self.length > 0 {
            self.all.push((self.rest << (8 - self.length)) as u8);
        }
        self.all
    }
}

/// What has been seen: for a code and a byte the code of both together.
struct Table {
    /// For each code a child for each byte; as large as it can ever become.
    next: Vec<u16>,
    free: u16,
    bits: u32,
}

impl Table {
    fn new() -> Self {
        Self { next: vec![NONE; usize::from(FULL) * 256], free: FIRST, bits: FEWEST_BITS }
    }

    fn clear(&mut self) {
        self.next[..usize::from(self.free) * 256].fill(NONE);
        self.free = FIRST;
        self.bits = FEWEST_BITS;
    }

    fn place(code: u16, byte: u8) -> usize {
        usize::from(code) * 256 + usize::from(byte)
    }
}

/// The bytes, compressed.
pub(crate) fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Bits::default();
    out.put(CLEAR, FEWEST_BITS);
    let Some((first, rest)) = bytes.split_first() else {
        out.put(END, FEWEST_BITS);
        return out.finish();
    };
    let mut table = Table::new();
    let (mut read, mut written, mut best) = (1_usize, FEWEST_BITS as usize, 0_usize);
    let mut check = PERIOD;
    let mut code = u16::from(*first);
    for byte in rest {
        read += 1;
        let place = Table::place(code, *byte);
        if table.next[place] != NONE {
            code = table.next[place];
            continue;
        }
        out.put(code, table.bits);
        written += table.bits as usize;
        code = u16::from(*byte);
        table.next[place] = table.free;
        table.free += 1;
        let mut pays = true;
        if table.free == FULL {
            pays = false;
        } else if u32::from(table.free) >= 1 << table.bits {
            table.bits += 1;
        } else if read >= check {
            check = read + PERIOD;
            let ratio = (read << 8) / written;
            pays = ratio > best;
            best = ratio;
        }
        if !pays {
            out.put(CLEAR, table.bits);
            table.clear();
            (read, written, best) = (0, table.bits as usize, 0);
        }
    }
    out.put(code, table.bits);
    // As many bits as the reader expects after that code.
    match table.free + 1 {
        FULL => {
            out.put(CLEAR, table.bits);
            table.bits = FEWEST_BITS;
        }
        free if u32::from(free) >= 1 << table.bits => table.bits += 1,
        _ => {}
    }
    out.put(END, table.bits);
    out.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compressed_can_be_read_again() {
        let noise = |length: u64| -> Vec<u8> {
            (0..length).map(|at| (at.wrapping_mul(at).wrapping_mul(2_654_435_761) >> 21) as u8).collect()
        };
        for bytes in [Vec::new(), vec![7], vec![1; 300_000], noise(5_000), noise(100_000)] {
            let mut decoder = weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8);
            assert_eq!(decoder.decode(&compressed(&bytes)).unwrap(), bytes);
        }
    }
}
