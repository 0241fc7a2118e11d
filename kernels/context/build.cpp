/* What the library was built from; compiled anew for every build. */
#include "../common.h"

#ifndef BL_BUILD
#define BL_BUILD "by hand"
#endif

BL_EXPORT const char *bl_build(void) { return BL_BUILD; }
