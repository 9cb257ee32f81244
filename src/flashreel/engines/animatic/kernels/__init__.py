"""Everything done per pixel. Planar float32 buffers of linear light; loops written so that LLVM turns them into SIMD.

Rules inside such a loop: every literal is `f32(...)`, indices are unsigned, floor is done by hand, a choice is a
select and never a `continue`, sums instead of `max` reductions. Arrays that are written are separate arguments
(planes red, green, blue), because only then can the compiler know that they do not overlap.
"""
