// Traits, implementations in later cells, trait objects, iterators.
// %%
trait Area { fn area(&self) -> f64; fn double(&self) -> f64 { self.area() * 2.0 } }
// %%
struct Square(f64);
impl Area for Square { fn area(&self) -> f64 { self.0 * self.0 } }
// %%
struct Circle(f64);
impl Area for Circle { fn area(&self) -> f64 { 3.0 * self.0 * self.0 } }
impl Area for u8 { fn area(&self) -> f64 { f64::from(*self) } }
// %%
let shapes: Vec<Box<dyn Area>> = vec![Box::new(Square(2.0)), Box::new(Circle(1.0)), Box::new(7u8)];
// %%
shapes.iter().map(|shape| shape.double()).collect::<Vec<_>>()
// %%
struct Countdown(u32);
impl Iterator for Countdown {
    type Item = u32;
    fn next(&mut self) -> Option<u32> { self.0 = self.0.checked_sub(1)?; Some(self.0) }
}
Countdown(3).collect::<Vec<_>>()
