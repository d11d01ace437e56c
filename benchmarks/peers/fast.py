"""A FastAPI service over the same tables: SQLAlchemy's async ORM on asyncpg, pydantic answers, stateless tokens."""

import os
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship

_engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://"), pool_size=10, max_overflow=0
)
_sessions = async_sessionmaker(_engine, expire_on_commit=False)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Category(Base):
    __tablename__ = "category"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str]
    name: Mapped[str]


class Product(Base):
    __tablename__ = "product"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    sku: Mapped[str]
    name: Mapped[str]
    slug: Mapped[str]
    description: Mapped[str]
    price: Mapped[Decimal]
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("category.id"))
    category: Mapped[Category | None] = relationship()
    is_active: Mapped[bool]
    on_hand: Mapped[int]
    reserved: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def available(self) -> int:
        """What can be bought."""
        return self.on_hand - self.reserved


class CategoryOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    slug: str
    name: str


class ProductOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: UUID
    sku: str
    name: str
    slug: str
    description: str
    price: Decimal
    category: CategoryOut | None
    available: int
    is_active: bool
    created_at: datetime
    updated_at: datetime


async def session() -> AsyncIterator[AsyncSession]:
    """Give a request its session."""
    async with _sessions() as opened:
        yield opened


async def caller(authorization: Annotated[str, Header()] = "") -> str:
    """Return who asks: nobody, or whom the token names."""
    if not authorization:
        return ""
    try:
        claims = jwt.decode(authorization.removeprefix("Bearer "), os.environ["SECRET_KEY"], algorithms=["HS256"])
    except jwt.PyJWTError as error:
        raise HTTPException(401) from error
    return str(claims["user_id"])


_visible = select(Product).where(Product.is_active).options(joinedload(Product.category))
Session = Annotated[AsyncSession, Depends(session)]
Caller = Annotated[str, Depends(caller)]


@app.get("/products/", response_model=list[ProductOut])
async def product_list(opened: Session, _: Caller, offset: int = 0) -> list[Product]:
    """Return a page of products."""
    page = _visible.order_by(Product.created_at.desc(), Product.id.desc()).limit(20).offset(offset)
    return list(await opened.scalars(page))


@app.get("/products/{slug}/", response_model=ProductOut)
async def product_detail(slug: str, opened: Session, _: Caller) -> Product:
    """Return one product."""
    found = await opened.scalar(_visible.where(Product.slug == slug))
    if found is None:
        raise HTTPException(404)
    return found
