/* Runs a fuzz target over files and folders, for builds without libFuzzer: what was found once stays
 * mended. Exit status 1 if there was nothing to run over. */
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned files;

static int run_file(const char *path, const struct stat *about, int type, struct FTW *walk)
{
    (void)walk;
    if (type != FTW_F)
        return 0;
    FILE *file = fopen(path, "rb");
    size_t size = (size_t)about->st_size;
    uint8_t *data = malloc(size + 1);
    if (!file || !data || fread(data, 1, size, file) != size) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    fclose(file);
    /* Its beginnings too: much that goes wrong goes wrong at an end. */
    for (size_t cut = size; cut > 0 && size < 100000; cut -= cut / 7 + 1)
        LLVMFuzzerTestOneInput(data, cut);
    LLVMFuzzerTestOneInput(data, 0);
    free(data);
    files++;
    return 0;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (nftw(argv[i], run_file, 16, FTW_PHYS) != 0)
            return 1;
    printf("%u files\n", files);
    return files ? 0 : 1;
}
