"""Installs the package with pip, in an environment with or without ROS wheels.

Where the ROS wheels (extra `ros`) are installed, CMake builds the messages by the same
CMakeLists.txt that colcon uses, and they become part of the wheel. Elsewhere everything that
needs no ROS is installed.
"""

import os
from pathlib import Path
import shutil
import subprocess
import sys
import sysconfig
from xml.etree import ElementTree

from setuptools import Distribution, find_packages, setup

from distutils.command.install_data import install_data  # isort: skip  # comes with setuptools

NAME = 'ros_vision_perception'
ROOT = Path(__file__).resolve().parent
PREFIX = Path(sys.prefix)
HAS_ROS_WHEELS = (PREFIX / 'share' / 'rosidl_default_generators').is_dir()


def requirements(name: str) -> list[str]:
    """Return the requirements of `requirements/<name>.in`."""
    lines = (ROOT / 'requirements' / f'{name}.in').read_text(encoding='utf-8').splitlines()
    return [line for line in lines if line and not line.startswith('#')]


def build_messages(build: Path, stage: Path) -> None:
    """Build with CMake and install into `stage`; raises CalledProcessError if that fails."""
    scripts = sysconfig.get_path('scripts')
    environment = {**os.environ, 'AMENT_PREFIX_PATH': str(PREFIX)}
    # pip hides the environment's packages, among them rosidl, behind this variable.
    environment.pop('PYTHONPATH', None)
    cmake = shutil.which('cmake', path=os.pathsep.join((scripts, os.defpath, os.environ['PATH'])))
    if cmake is None:
        raise SystemExit('cmake not found; cure: pip install cmake')
    for arguments in (
        (
            *('-S', str(ROOT), '-B', str(build), '-DBUILD_TESTING=OFF'),
            *(f'-DCMAKE_PREFIX_PATH={PREFIX}', f'-DCMAKE_INSTALL_PREFIX={stage}'),
            f'-DPython3_EXECUTABLE={sys.executable}',
        ),
        ('--build', str(build), '--parallel', str(os.cpu_count())),
        ('--install', str(build)),
    ):
        subprocess.run((cmake, *arguments), env=environment, check=True)


class InstallMessages(install_data):
    """Adds the built messages to the wheel; also to that of an editable install."""

    def run(self) -> None:
        """Install the data files, then the messages."""
        super().run()
        if not HAS_ROS_WHEELS:
            print('no ROS wheels in this environment: installed without messages and nodes')
            return
        build = ROOT / 'build' / f'cmake-{sys.implementation.cache_tag}'
        stage = build / 'stage'
        shutil.rmtree(stage, ignore_errors=True)
        build_messages(build, stage)
        data = Path(self.install_dir)  # <wheel>/<name>-<version>.data/data
        shutil.copytree(stage / 'share', data / 'share', dirs_exist_ok=True)
        (data / 'lib').mkdir(exist_ok=True)
        for library in (stage / 'lib').glob('*.so'):
            shutil.copy(library, data / 'lib')
        (generated,) = stage.glob(f'lib/python*/*-packages/{NAME}')
        package = data.parent / 'platlib' / NAME
        shutil.copytree(generated / 'msg', package / 'msg')
        for extension in generated.glob('*.so'):
            shutil.copy(extension, package)
        # For an editable install: leads on to the sources.
        shutil.copy(ROOT / NAME / '__init__.py', package)


class PlatformDistribution(Distribution):
    """Tells setuptools that the wheel fits one platform, once it holds built messages."""

    def has_ext_modules(self) -> bool:
        """Whether there is compiled code."""
        return HAS_ROS_WHEELS

    def has_data(self) -> bool:
        """Have `install_data` run for editable installs too."""
        return True


setup(
    name=NAME.replace('_', '-'),
    version=ElementTree.parse(ROOT / 'package.xml').findtext('version'),
    description='Occlusion-aware human perception for ROS 2',
    long_description=(ROOT / 'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    python_requires='>=3.10',
    packages=find_packages(include=(f'{NAME}*',)),
    package_dir={'': '.'},
    package_data={'': ['*.onnx', '*.xml', '*.yaml', 'py.typed']},
    data_files=[(f'share/{NAME}', ['package.xml'])],
    install_requires=requirements('runtime'),
    extras_require={
        name: requirements(name)
        for name in ('ros', 'tools', 'tracking', 'training', 'rerun', 'ray')
    },
    entry_points={'console_scripts': [f'ros-vision-perception = {NAME}.__main__:main']},
    cmdclass={'install_data': InstallMessages},
    distclass=PlatformDistribution,
)
