/* What the analysis reads: which reports of a window come, in which order, and what is known of
 * them. */
#include "store/window.h"
#include "store_testing.h"

int main(void)
{
    return 0;
}
