"""Why a file could not be opened, in the words of whoever asked for it.

The system says it in English, or in the language that the machine was set up in.
"""

from __future__ import annotations

import errno

_WORDS = {
    errno.ENOENT: ("没有这个文件或文件夹", "there is no such file or folder"),
    errno.ENOTDIR: ("路径中间的一段是文件，不是文件夹", "a part of the path is a file, not a folder"),
    errno.EACCES: ("没有权限", "no permission"),
    errno.EPERM: ("没有权限", "no permission"),
    errno.EROFS: ("那里只能读，不能写", "that place can only be read"),
    errno.EISDIR: ("这是文件夹，不是文件", "it is a folder, not a file"),
    errno.ENOSPC: ("磁盘满了", "the disk is full"),
    errno.ENAMETOOLONG: ("文件名太长", "the name is too long"),
    errno.EINVAL: ("文件名里有不能用的字符", "the name holds a character that cannot be used"),
}


def reason(error: OSError) -> tuple[str, str]:
    """The reason in Chinese and in English; what the system says where it is a rare one."""
    said = error.strerror or type(error).__name__
    return _WORDS.get(error.errno or 0, (said, said))
