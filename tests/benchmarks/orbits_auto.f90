! Flows with periodic orbits for AUTO-07p; the first number of start.txt says which.
      MODULE CASES
      INTEGER :: WHICH = 0
      END MODULE CASES

      SUBROUTINE FUNC(NDIM,U,ICP,PAR,IJAC,F,DFDU,DFDP)
      USE CASES
      IMPLICIT NONE
      INTEGER, INTENT(IN) :: NDIM, ICP(*), IJAC
      DOUBLE PRECISION, INTENT(IN) :: U(NDIM), PAR(*)
      DOUBLE PRECISION, INTENT(OUT) :: F(NDIM)
      DOUBLE PRECISION, INTENT(INOUT) :: DFDU(NDIM,NDIM), DFDP(NDIM,*)
      IF (WHICH == 0) CALL READ_WHICH
      IF (IJAC > 0) DFDU = 0
      IF (IJAC > 1) DFDP(:,1) = 0
      SELECT CASE (WHICH)
      CASE (1)
        CALL REACTOR
      CASE (2)
        CALL CELL
      CASE (3)
        CALL AXON
      END SELECT
      CONTAINS

      SUBROUTINE REACTOR
      DOUBLE PRECISION E
      E = EXP(U(2))
      F(1) = -U(1) + PAR(1)*(1-U(1))*E
      F(2) = -U(2) + 14*PAR(1)*(1-U(1))*E - 2*U(2)
      IF (IJAC == 0) RETURN
      DFDU(1,1) = -1 - PAR(1)*E
      DFDU(1,2) = PAR(1)*(1-U(1))*E
      DFDU(2,1) = -14*PAR(1)*E
      DFDU(2,2) = -3 + 14*PAR(1)*(1-U(1))*E
      IF (IJAC == 1) RETURN
      DFDP(1,1) = (1-U(1))*E
      DFDP(2,1) = 14*(1-U(1))*E
      END SUBROUTINE REACTOR

      SUBROUTINE CELL
      F(1) = U(1) - U(1)**3/3 - U(2) + PAR(1)
      F(2) = 0.08D0*(U(1) + 0.7D0 - 0.8D0*U(2))
      IF (IJAC == 0) RETURN
      DFDU(1,1) = 1 - U(1)**2
      DFDU(1,2) = -1
      DFDU(2,1) = 0.08D0
      DFDU(2,2) = -0.064D0
      IF (IJAC == 1) RETURN
      DFDP(1,1) = 1
      END SUBROUTINE CELL

      SUBROUTINE AXON
      DOUBLE PRECISION V, M, H, N, A(3), B(3), DA(3), DB(3), X
      INTEGER I
      V = U(1); M = U(2); H = U(3); N = U(4)
      X = EXP((25-V)/10)
      A(1) = 0.1D0*(25-V)/(X-1)
      DA(1) = -0.1D0*((X-1) - (25-V)*X/10)/(X-1)**2
      B(1) = 4*EXP(-V/18); DB(1) = -B(1)/18
      A(2) = 0.07D0*EXP(-V/20); DA(2) = -A(2)/20
      X = EXP((30-V)/10)
      B(2) = 1/(X+1); DB(2) = X/(10*(X+1)**2)
      X = EXP((10-V)/10)
      A(3) = 0.01D0*(10-V)/(X-1)
      DA(3) = -0.01D0*((X-1) - (10-V)*X/10)/(X-1)**2
      B(3) = 0.125D0*EXP(-V/80); DB(3) = -B(3)/80
      F(1) = PAR(1) - 120*M**3*H*(V-115) - 36*N**4*(V+12) - 0.3D0*(V-10.599D0)
      DO I = 1, 3
        F(I+1) = A(I)*(1-U(I+1)) - B(I)*U(I+1)
      END DO
      IF (IJAC == 0) RETURN
      DFDU(1,1) = -120*M**3*H - 36*N**4 - 0.3D0
      DFDU(1,2) = -360*M**2*H*(V-115)
      DFDU(1,3) = -120*M**3*(V-115)
      DFDU(1,4) = -144*N**3*(V+12)
      DO I = 1, 3
        DFDU(I+1,1) = DA(I)*(1-U(I+1)) - DB(I)*U(I+1)
        DFDU(I+1,I+1) = -A(I) - B(I)
      END DO
      IF (IJAC == 1) RETURN
      DFDP(1,1) = 1
      END SUBROUTINE AXON

      SUBROUTINE READ_WHICH
      OPEN (90, FILE='start.txt', STATUS='OLD')
      READ (90,*) WHICH
      CLOSE (90)
      END SUBROUTINE READ_WHICH
      END SUBROUTINE FUNC

      SUBROUTINE STPNT(NDIM,U,PAR,T)
      IMPLICIT NONE
      INTEGER, INTENT(IN) :: NDIM
      DOUBLE PRECISION, INTENT(INOUT) :: U(NDIM), PAR(*)
      DOUBLE PRECISION, INTENT(IN) :: T
      INTEGER WHICH
      OPEN (90, FILE='start.txt', STATUS='OLD')
      READ (90,*) WHICH
      READ (90,*) PAR(1)
      READ (90,*) U
      CLOSE (90)
      END SUBROUTINE STPNT

      SUBROUTINE BCND
      END SUBROUTINE BCND
      SUBROUTINE ICND
      END SUBROUTINE ICND
      SUBROUTINE FOPT
      END SUBROUTINE FOPT
      SUBROUTINE PVLS
      END SUBROUTINE PVLS
