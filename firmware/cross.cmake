# Cross build for a board: the processor's compiler on this machine, headers and libraries of the image's own Debian release.
# Environment: TILLSIDE_TRIPLET names the compiler and the libraries' folder, TILLSIDE_SYSROOT is the folder that
# firmware/build.sh unpacked them into.
set(CMAKE_SYSTEM_NAME Linux)
string(REGEX MATCH "^[^-]+" CMAKE_SYSTEM_PROCESSOR $ENV{TILLSIDE_TRIPLET})
set(CMAKE_C_COMPILER $ENV{TILLSIDE_TRIPLET}-gcc)
set(CMAKE_SYSROOT $ENV{TILLSIDE_SYSROOT})
set(CMAKE_LIBRARY_ARCHITECTURE $ENV{TILLSIDE_TRIPLET})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${CMAKE_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${CMAKE_SYSROOT}/usr/lib/$ENV{TILLSIDE_TRIPLET}/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig)
# Named first: a compiler for this machine's own kind of processor would look for libc here.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-L$ENV{TILLSIDE_SYSROOT}/usr/lib/$ENV{TILLSIDE_TRIPLET}")
# The libraries may ask for a newer libc than the one the linker was built beside; on the device it is there.
string(APPEND CMAKE_EXE_LINKER_FLAGS_INIT " -Wl,--allow-shlib-undefined")
