/* The text of the last failure of a reference on this thread. */
#include "bl_reference.h"

BL_EXPORT const char *blr_message(void) { return bl::message; }
