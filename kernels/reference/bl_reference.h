/*
 * The host references, rung 0 of every operation: obvious loops that any C++17 compiler builds. Each kernels/<op>/reference.h
 * includes this file and defines its functions with BL_EXPORT; the build compiles each as a unit of its own and links all
 * into one library.
 *
 * `blr_<op>` has the parameters of `bl_<op>` without context and stream, with host pointers (const void * or void *) in place
 * of bl_ptr, and the same statuses and texts (BL_REQUIRE). test/kernels compares the prototypes with those of bl.h.
 */
#ifndef BITLOSS_REFERENCE_H
#define BITLOSS_REFERENCE_H

#include <math.h>

#include "../common.h"

#endif
