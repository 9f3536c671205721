//! Halves an image: each pixel of an overview represents four.

use super::image::Image;
use crate::raster::{
    resample::Resampling,
    tiff::{data_type::DataType, nodata::is_nodata},
};

/// An image of half the size, rounded up. An average covers the pixels that are not "no data"; where all are,
/// the result is, too.
pub(super) fn half(image: &Image, resampling: Resampling, nodata: Option<f64>) -> Image {
    let size = image.data_type.size();
    let (width, height) = (image.width.div_ceil(2), image.height.div_ceil(2));
    let mut bytes = Vec::with_capacity(width * height * image.bands * size);
    for band in 0..image.bands {
        for row in 0..height {
            for column in 0..width {
                let pixel = |down: usize, across: usize| {
                    let (row, column) = ((2 * row + down).min(image.height - 1), (2 * column + across).min(image.width - 1));
                    let start = ((band * image.height + row) * image.width + column) * size;
                    &image.bytes[start..start + size]
                };
                match resampling {
                    Resampling::Average => {
                        let four = [pixel(0, 0), pixel(0, 1), pixel(1, 0), pixel(1, 1)];
                        average(four, image.data_type, nodata, &mut bytes);
                    }
                    _ => bytes.extend_from_slice(pixel(0, 0)),
                }
            }
        }
    }
    Image { data_type: image.data_type, width, height, bands: image.bands, bytes }
}

/// Adds the average of four values. The average of four equal values is that value, to the last bit.
fn average(four: [&[u8]; 4], data_type: DataType, nodata: Option<f64>, out: &mut Vec<u8>) {
    if four.iter().all(|value| *value == four[0]) {
        return out.extend_from_slice(four[0]);
    }
    let values = four.map(|bytes| number(bytes, data_type));
    let valid =
        values.iter().filter(|value| !nodata.is_some_and(|nodata| is_nodata(**value, nodata, data_type)) && !value.is_nan());
    let (sum, count) = valid.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    match count {
        0.0 => out.extend_from_slice(four[0]),
        count => put(sum / count, data_type, out),
    }
}

/// The value that bytes hold.
pub(super) fn number(bytes: &[u8], data_type: DataType) -> f64 {
    fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
        bytes.try_into().expect("a value has the bytes of its type")
    }
    match data_type {
        DataType::UInt8 => bytes[0].into(),
        DataType::Int8 => (bytes[0] as i8).into(),
        DataType::UInt16 => u16::from_le_bytes(array(bytes)).into(),
        DataType::Int16 => i16::from_le_bytes(array(bytes)).into(),
        DataType::UInt32 => u32::from_le_bytes(array(bytes)).into(),
        DataType::Int32 => i32::from_le_bytes(array(bytes)).into(),
        DataType::UInt64 => u64::from_le_bytes(array(bytes)) as f64,
        DataType::Int64 => i64::from_le_bytes(array(bytes)) as f64,
        DataType::Float32 => f32::from_le_bytes(array(bytes)).into(),
        DataType::Float64 => f64::from_le_bytes(array(bytes)),
    }
}

fn put(value: f64, data_type: DataType, out: &mut Vec<u8>) {
    let whole = value.round();
    match data_type {
        DataType::UInt8 => out.push(whole as u8),
        DataType::Int8 => out.push(whole as i8 as u8),
        DataType::UInt16 => out.extend((whole as u16).to_le_bytes()),
        DataType::Int16 => out.extend((whole as i16).to_le_bytes()),
        DataType::UInt32 => out.extend((whole as u32).to_le_bytes()),
        DataType::Int32 => out.extend((whole as i32).to_le_bytes()),
        DataType::UInt64 => out.extend((whole as u64).to_le_bytes()),
        DataType::Int64 => out.extend((whole as i64).to_le_bytes()),
        DataType::Float32 => out.extend((value as f32).to_le_bytes()),
        DataType::Float64 => out.extend(value.to_le_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_leave_out_no_data() {
        let image = Image { data_type: DataType::UInt8, width: 3, height: 2, bands: 1, bytes: vec![10, 255, 255, 20, 255, 255] };
        assert_eq!(half(&image, Resampling::Average, Some(255.0)).bytes, [15, 255]);
        assert_eq!(half(&image, Resampling::Nearest, Some(255.0)).bytes, [10, 255]);
        let odd = Image { data_type: DataType::Int16, width: 1, height: 1, bands: 1, bytes: vec![1, 2] };
        assert_eq!(half(&odd, Resampling::Average, None).bytes, [1, 2]);
    }
}
